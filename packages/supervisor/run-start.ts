import { type Environment, runParent } from '@muster/runtime';
import { judgeWords } from './judge-words.ts';
import { type StartOutput, start } from './start.ts';
import type { SystemOptions } from './system.ts';

// npm forwards a Ctrl-C that the terminal has already sent to this process: two signals within a moment are one.
// SIGHUP does not count, because a closing terminal may send several
const repeatedMs = 500;

/** The request of `muster start`. `words` are arguments without a meaning. `settings` override the environment. */
export type StartRequest = {
  words: readonly string[];
  settings: Environment;
  programs?: SystemOptions['programs'];
  tryIt?: StartOutput['tryIt'];
};

/**
 * Runs a whole Muster until a signal. SIGINT or SIGTERM stops it in order, a second one kills it. Sets the exit code of
 * this process.
 */
export const runStart = async ({ words, settings, programs, tryIt }: StartRequest): Promise<void> => {
  const problem = judgeWords(words, process.env);
  if (problem !== undefined) {
    console.error(`Cannot start: ${problem}`);
    process.exitCode = 2;
    return;
  }
  const output = {
    write: (text: string) => void process.stdout.write(text),
    isColour: process.stdout.isTTY && !process.env.NO_COLOR,
    programs,
    tryIt,
  };
  const force = forceOnRepeat();
  const main = (environment: Environment, stop: AbortSignal) =>
    start({ ...environment, ...settings }, { stop, force }, output);
  await runParent('muster', main, 60_000);
};

/** Returns a signal that aborts when this process is asked to stop for the second time. */
export const forceOnRepeat = (): AbortSignal => {
  const force = new AbortController();
  const asked: number[] = [];
  const onSignal = () => {
    asked.push(performance.now());
    const [first = 0, last = first] = [asked[0], asked.at(-1)];
    if (last - first > repeatedMs) force.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return force.signal;
};
