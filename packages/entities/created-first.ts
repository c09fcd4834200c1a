/**
 * Returns the one of two states that was created first. Ties go to the lower of the texts that `keysOf` returns, so all
 * sites choose the same one. Pure.
 */
export const createdFirst = <State extends { readonly created: Date }>(
  one: State,
  other: State,
  keysOf: (state: State) => readonly string[],
): State => {
  const apart = one.created.getTime() - other.created.getTime();
  if (apart !== 0) return apart < 0 ? one : other;
  return JSON.stringify(keysOf(one)) <= JSON.stringify(keysOf(other)) ? one : other;
};
