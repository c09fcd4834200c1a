import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * A logger that writes JSON lines to standard output, each with the process's name. Credentials in a MongoDB URI are
 * never logged.
 */
export const openLogger = (name: string, level: string): Logger =>
  pino({ name, level, base: { name, pid: process.pid }, serializers: { err: describeError } });

/**
 * What is worth knowing of an error on one line: its name, code, message and stack, without the documents that a driver
 * hangs on it.
 */
const describeError = (error: unknown) => {
  if (!(error instanceof Error)) return { message: withoutCredentials(String(error)) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    code,
    message: withoutCredentials(error.message),
    stack: withoutCredentials(error.stack ?? ''),
  };
};

/**
 * The text with the user and password of every URI in it replaced by `***`; up to the last `@`, as a password may hold
 * one that was not escaped.
 */
export const withoutCredentials = (text: string) => text.replace(/(mongodb(?:\+srv)?:\/\/)[^\s"'<>]*@/gi, '$1***@');
