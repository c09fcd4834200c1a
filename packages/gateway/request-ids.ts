import { randomBytes } from 'node:crypto';

/** Ids for requests without one: a random prefix of this process, and a number. A plain value; this file changes it. */
export type RequestIds = { prefix: string; last: number };

export const openRequestIds = (): RequestIds => ({ prefix: randomBytes(8).toString('hex'), last: 0 });

/** Returns the id of a request: the given one if it is valid, otherwise a new one. */
export const requestIdOf = (ids: RequestIds, given: string): string => {
  if (given !== '' && /^[A-Za-z0-9._:-]{1,128}$/.test(given)) return given;
  ids.last += 1;
  return `${ids.prefix}-${ids.last}`;
};
