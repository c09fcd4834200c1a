import type * as door from '../index.ts';
import type { Log } from '../open-log.ts';

/** The functions of a store that the contract calls. */
export type Store = Pick<
  typeof door,
  | 'append'
  | 'appendChain'
  | 'beatHeart'
  | 'countDeadLetters'
  | 'countEvents'
  | 'isBefore'
  | 'isSamePlace'
  | 'joinMembers'
  | 'keepDeadLetter'
  | 'leaveMembers'
  | 'listMembers'
  | 'oldestPosition'
  | 'openAppendQueue'
  | 'readCheckpoints'
  | 'readDeadLetters'
  | 'readStream'
  | 'removeDeadLetters'
  | 'saveCheckpoints'
  | 'saveRecords'
  | 'scanEvents'
  | 'scanLastVersions'
  | 'scanRecords'
  | 'watchLog'
>;

/** What the contract tests: a store, and places for its logs. Each place is empty and separate. */
export type Subject = {
  store: Store;
  open: () => Promise<Place>;
  /** A place on its own server, which the case may stop. */
  openFragile: () => Promise<FragilePlace>;
  /** A place on a server that can lose positions of its log. Undefined when no such server is available. */
  openForgetful: () => Promise<ForgetfulPlace | undefined>;
};

/** `openLog` opens the log of this place, with `partitions` and for notes. Each call acts as another process. */
export type Place = AsyncDisposable & { openLog: () => Promise<Log> };

export type FragilePlace = Place & {
  /** The server accepts requests, but answers none. */
  cut: () => Promise<void>;
  /** The server answers again, also the requests sent meanwhile. */
  heal: () => Promise<void>;
  /** The server stops at once, as when it is killed. */
  crash: () => Promise<void>;
  /** The server starts again with the data that it had stored. */
  restart: () => Promise<void>;
};

export type ForgetfulPlace = Place & {
  /** Writes until the server loses all former positions of the log. */
  rollOver: (log: Log) => Promise<void>;
};

/** The partitions of each log in the contract. */
export const partitions = [0, 1, 2, 3];

/** Opens an empty log on its own place. Disposing the log disposes the place. */
export const openEmptyLog = async ({ open }: Subject): Promise<Log> => {
  const place = await open();
  const log = await place.openLog();
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  };
  return { ...log, [Symbol.asyncDispose]: close };
};
