import { prettyFactory } from 'pino-pretty';

/**
 * Turns a line of a process's output into what a person reads: a pino line on one line with the time, anything else as
 * it is; the process's name before.
 */
export const openLineFormat = (isColour: boolean): ((name: string, line: string) => string) => {
  const pretty = prettyFactory({
    colorize: isColour,
    colorizeObjects: false,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,name',
    errorLikeObjectKeys: [],
    customPrettifiers: { err: describeError },
  });
  return (name, line) => {
    const shown = line.startsWith('{"level":') ? pretty(line) : line;
    return `${name.padEnd(12)} ${(shown ?? line).trimEnd().replaceAll('\n', '\n  ')}\n`;
  };
};

// one line of the stack: where it was thrown; a whole one would stand between the lines of others
const describeError = (error: unknown) => {
  const { type, code, message, stack } = (
    typeof error === 'object' && error !== null ? error : { message: error }
  ) as Record<string, unknown>;
  const place = typeof stack === 'string' ? /^ +(at .*)$/m.exec(stack)?.[1] : undefined;
  return [type, code, message, place].filter((part) => part !== undefined).join(' ');
};
