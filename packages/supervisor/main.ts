import { runProgram } from '@muster/runtime';
import { start } from './start.ts';

const force = new AbortController();
const asked: number[] = [];

// npm hands on the Ctrl-C that the terminal has sent us already: two within a moment are one
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

await runProgram('muster', (environment, stop) => start(environment, { stop, force: force.signal }, output), 60_000);
