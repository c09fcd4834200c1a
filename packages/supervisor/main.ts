import { runParent } from '@muster/runtime';
import { judgeWords } from './judge-words.ts';
import { start } from './start.ts';

const force = new AbortController();
const asked: number[] = [];

// npm hands on the Ctrl-C that the terminal has sent us already: two within a moment are one.
// SIGHUP does not count: a terminal that closes may cause several
const repeatedMs = 500;

const onSignal = () => {
  asked.push(performance.now());
  const [first = 0, last = first] = [asked[0], asked.at(-1)];
  if (last - first > repeatedMs) force.abort();
};

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);

const output = {
  write: (text: string) => void process.stdout.write(text),
  isColour: process.stdout.isTTY && !process.env.NO_COLOR,
};

const problem = judgeWords(process.argv.slice(2), process.env);
if (problem === undefined) {
  await runParent('muster', (environment, stop) => start(environment, { stop, force: force.signal }, output), 60_000);
} else {
  console.error(`Cannot start: ${problem}`);
  process.exitCode = 2;
}
