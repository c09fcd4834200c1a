import { prettyFactory } from 'pino-pretty';

/**
 * Returns a function that formats a line of a process's output for a person. It puts the process's name first. A pino
 * line becomes one line with the time; any other line stays as it is.
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

// only the first line of the stack, where the error was thrown: a whole stack would mix with the lines of other
// processes
const describeError = (error: unknown) => {
  const { type, code, message, stack } = (
    typeof error === 'object' && error !== null ? error : { message: error }
  ) as Record<string, unknown>;
  const place = typeof stack === 'string' ? /^ +(at .*)$/m.exec(stack)?.[1] : undefined;
  return [type, code, message, place].filter((part) => part !== undefined).join(' ');
};
