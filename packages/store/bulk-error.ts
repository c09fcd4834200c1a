import { MongoBulkWriteError, MongoServerError } from 'mongodb';

/**
 * Whether some operations of an unordered batch failed by themselves, and all others are stored for certain. The driver
 * throws the same error for a connection that broke, for a server that it did not find and for a command that was
 * refused as a whole: then nothing is known of any.
 */
export const isPartial = (error: unknown): error is MongoBulkWriteError =>
  error instanceof MongoBulkWriteError &&
  !(error.errorResponse instanceof Error) &&
  error.result.getWriteConcernError() === undefined &&
  error.result.getWriteErrorCount() > 0;

/** Whether the server refused the command as a whole, for which one of its events may be the cause. */
export const wasRefused = (error: unknown): boolean => {
  const cause: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : error;
  return cause instanceof MongoServerError && !(cause instanceof MongoBulkWriteError);
};

/**
 * Whether nothing of what was to be written has left this process: no server was found, no connection was had, or the
 * one in the pool had ended before.
 */
export const wasNeverSent = (error: unknown): boolean => {
  const cause: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : error;
  if (!(cause instanceof Error)) return false;
  return neverSentNames.has(cause.name) || hadEnded(cause) || isOfConnecting(cause.cause);
};

const neverSentNames = new Set([
  'MongoServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
]);

// Node's own word before it writes; from the system's write it has a `syscall`, and then some of it may have gone
const hadEnded = (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && error.syscall === undefined;

const isOfConnecting = (error: unknown) => error instanceof Error && 'syscall' in error && error.syscall === 'connect';
