import { MongoError, MongoServerError } from 'mongodb';

/**
 * What an error of the driver means: the database `refused` a command, or gave no answer (`silent`). Undefined for any
 * other error. The text of such an error may name addresses and commands, so it is for the log only. Pure.
 */
export const driverFailureOf = (error: unknown): 'refused' | 'silent' | undefined => {
  if (error instanceof MongoServerError) return 'refused';
  return error instanceof MongoError ? 'silent' : undefined;
};
