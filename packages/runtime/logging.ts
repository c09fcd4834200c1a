import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * Opens a logger that writes JSON lines with the process's name to standard output. It never logs the credentials of a
 * MongoDB URI.
 */
export const openLogger = (name: string, level: string): Logger =>
  pino({ name, level, base: { name, pid: process.pid }, serializers: { err: describeError } });

/** Returns an error's name, code, message and stack, without the documents that a driver attaches to it. */
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
 * Returns the text with the user and password of each MongoDB URI replaced by `***`, up to the last `@`: a password may
 * contain an unescaped one.
 */
export const withoutCredentials = (text: string) => text.replace(/(mongodb(?:\+srv)?:\/\/)[^\s"'<>]*@/gi, '$1***@');
