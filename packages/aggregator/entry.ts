import { absent, type Entity, type Rendered, type State } from '@muster/model';
import { type Packed, unpackState } from '@muster/store';

/**
 * A thing in memory. All code may read it; only table.ts changes it, through the functions below. The state of a thing
 * that was restored stays packed, as bytes, until it is read for the first time.
 */
export type Entry = {
  readonly entity: Entity;
  readonly id: string;
  readonly state: State;
  readonly version: number; // of the state
  readonly savedVersion: number; // of the record; 0 without one
  readonly rendered: Rendered | undefined; // what clients see of the state, once it was asked for
};

/** `kept` is the state, or the bytes in which it is packed from `at` on. Then `savedVersion` is its version. */
type Stored = {
  entity: Entity;
  id: string;
  kept: State | Buffer;
  at: number;
  savedVersion: number;
  rendered: Rendered | undefined;
};

const notPacked = -1; // in place of `at`

// one prototype for all entries, because a property for each would cost memory
const computed = {
  get state(): State {
    return unpacked(this as unknown as Stored);
  },
  get version(): number {
    const { at, kept, savedVersion } = this as unknown as Stored;
    return at === notPacked ? (kept as State).version : savedVersion;
  },
};

const storedIn = (entry: Entry) => entry as unknown as Stored;

const unpacked = (entry: Stored): State => {
  if (entry.at !== notPacked) {
    entry.kept = unpackState(entry.entity, entry.kept as Buffer, entry.at, entry.savedVersion);
    entry.at = notPacked;
  }
  return entry.kept as State;
};

export const openEntry = (entity: Entity, id: string): Entry => {
  const stored = { __proto__: computed, entity, id, kept: absent, at: notPacked, savedVersion: 0, rendered: undefined };
  return stored as unknown as Entry;
};

/** Whether the thing is active. Does not unpack its state. */
export const isActive = (entry: Entry): boolean => {
  const { at, kept } = storedIn(entry);
  return at !== notPacked || (kept as State).status === 'active';
};

export const setState = (entry: Entry, state: State): void => {
  const stored = storedIn(entry);
  stored.kept = state;
  stored.at = notPacked;
  stored.rendered = undefined;
};

export const setRendered = (entry: Entry, rendered: Rendered): void => {
  storedIn(entry).rendered = rendered;
};

/** Sets an active state that is packed, and saved with this version. */
export const setPacked = (entry: Entry, version: number, { bytes, at }: Packed): void => {
  const stored = storedIn(entry);
  stored.kept = bytes;
  stored.at = at;
  stored.savedVersion = version;
  stored.rendered = undefined;
};

export const setSavedVersion = (entry: Entry, version: number): void => {
  const stored = storedIn(entry);
  const isNewer = version > stored.savedVersion;
  if (isNewer && stored.at !== notPacked) unpacked(stored); // a packed state has the version that is saved
  if (isNewer) stored.savedVersion = version;
};
