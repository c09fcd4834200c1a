/** Returns the header with an API key, or none without a key. Pure. */
export const authorizationOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };
