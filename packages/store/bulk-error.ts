import { MongoBulkWriteError, MongoServerError } from 'mongodb';

/**
 * Whether some operations of an unordered batch failed and all others are certainly stored. The driver throws the same
 * error class when a connection breaks, when it finds no server, and when the server refuses the whole command. In
 * those cases the outcome of every operation is unknown.
 */
export const isPartial = (error: unknown): error is MongoBulkWriteError =>
  error instanceof MongoBulkWriteError &&
  !(error.errorResponse instanceof Error) &&
  error.result.getWriteConcernError() === undefined &&
  error.result.getWriteErrorCount() > 0;

/** Whether the server refused the whole command. One of its events may be the cause. */
export const wasRefused = (error: unknown): boolean => {
  const cause: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : error;
  return cause instanceof MongoServerError && !(cause instanceof MongoBulkWriteError);
};

/**
 * Whether no byte of the command left this process: the driver found no server, got no connection, or its pooled
 * connection had ended.
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

// Node sets no `syscall` when it fails before writing. With a `syscall`, some bytes may have been sent.
const hadEnded = (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && error.syscall === undefined;

const isOfConnecting = (error: unknown) => error instanceof Error && 'syscall' in error && error.syscall === 'connect';
