import type * as door from '../index.ts';
import type { Log } from '../open-log.ts';

/** The functions of a store that the contract calls. */
export type Store = Pick<
  typeof door,
  | 'append'
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

/** What the contract is tested on: a store, and places on which it keeps logs. Each place is empty and its own. */
export type Subject = {
  store: Store;
  open: () => Promise<Place>;
  /** On a server of its own, which the case may stop. */
  openFragile: () => Promise<FragilePlace>;
  /** On a server that can be made to forget places of its log; undefined where that cannot be done. */
  openForgetful: () => Promise<ForgetfulPlace | undefined>;
};

/** `openLog`: the log of this place, with `partitions` and for notes; each call is as of another process. */
export type Place = AsyncDisposable & { openLog: () => Promise<Log> };

export type FragilePlace = Place & {
  /** From here on the server takes what it is sent, and answers nothing. */
  cut: () => Promise<void>;
  /** It answers again, also to what it was sent meanwhile. */
  heal: () => Promise<void>;
  /** The server is gone at once, as when it is killed. */
  crash: () => Promise<void>;
  /** It is there again, with what it had stored. */
  restart: () => Promise<void>;
};

export type ForgetfulPlace = Place & {
  /** Writes until the server no longer knows the places of the log before. */
  rollOver: (log: Log) => Promise<void>;
};

/** The partitions of every log of the contract. */
export const partitions = [0, 1, 2, 3];

/** An empty log on a place of its own, which goes with it. */
export const openEmptyLog = async ({ open }: Subject): Promise<Log> => {
  const place = await open();
  const log = await place.openLog();
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  };
  return { ...log, [Symbol.asyncDispose]: close };
};
