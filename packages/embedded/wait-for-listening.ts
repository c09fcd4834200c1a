import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, type Exit, type Spawned } from './spawned.ts';

/**
 * Waits until the server's log, from byte `from` on, shows that it listens. Returns the port if the log names one.
 * Throws with the last lines of the log when the server ends first, or does not listen after `deadlineMs` milliseconds.
 */
export const waitForListening = async (
  { pid, exited }: Spawned,
  logPath: string,
  from: number,
  deadlineMs: number,
): Promise<number | undefined> => {
  const ended: Exit[] = [];
  void exited.then((exit) => ended.push(exit));
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(20)) {
    const text = await readFrom(logPath, from);
    const found = parseListening(text);
    if (found !== undefined) return found.port;
    if (ended[0] !== undefined)
      throw new Error(describe(`ended with ${describeExit(ended[0])} before it accepted connections`, logPath, text));
  }
  throw new Error(
    describe(
      `(pid ${pid}) does not accept connections after ${deadlineMs / 1_000} s`,
      logPath,
      await readFrom(logPath, from),
    ),
  );
};

/**
 * Parses a server's output for the line that shows that it listens. SecantusDB names the port, mongod does not. Returns
 * undefined when the line is missing. Pure.
 */
export const parseListening = (text: string): { port?: number } | undefined => {
  const named = /listening on \S*:(\d+)\s/.exec(text);
  if (named) return { port: Number(named[1]) };
  return text.includes('"Waiting for connections"') ? {} : undefined;
};

const readFrom = async (path: string, from: number): Promise<string> => {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(Math.max(0, size - from)),
    0,
    Math.max(0, size - from),
    from,
  );
  return buffer.toString('utf8', 0, bytesRead);
};

const describe = (what: string, logPath: string, text: string) => {
  const last = text.trim().split('\n').slice(-5).join('\n  ');
  return (
    `Cannot start the embedded MongoDB: it ${what}. ` +
    `Its output is in ${logPath}. The last lines are:\n  ${last || '(nothing)'}`
  );
};
