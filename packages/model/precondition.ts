import type { State } from './state.ts';

/** The versions that entity tags name; `any` is the tag `*`, which every active thing has. */
export type Tags = 'any' | readonly number[];

/**
 * What a request demands of the state before it (RFC 9110, 13.1): that the thing has one of the versions `match`, and
 * none of the versions `noneMatch`.
 */
export type Precondition = { match?: Tags; noneMatch?: Tags };

/** Whether a state meets a precondition. A thing that is absent or deleted has no tag. Pure. */
export const meets = (state: State, { match, noneMatch }: Precondition): boolean =>
  (match === undefined || hasTag(state, match)) && (noneMatch === undefined || !hasTag(state, noneMatch));

const hasTag = ({ status, version }: State, tags: Tags): boolean =>
  status === 'active' && (tags === 'any' || tags.includes(version));

/** Whether no state after `version` can meet a precondition, as its versions have passed. Pure. */
export const hasPassed = ({ match = 'any' }: Precondition, version: number): boolean =>
  match !== 'any' && match.every((one) => one < version);
