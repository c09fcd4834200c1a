import { Command } from 'commander';
import { parseCount } from '../options.ts';
import type { LoadOptions } from './bench-assets.ts';

/** vegeta keeps all requests of a round in memory. */
const requestsMax = 1_000_000;

/** Makes the program that parses the command line of `bench:assets`. */
export const openProgram = (): Command =>
  new Command('bench:assets')
    .description('measures Muster beside a small server over SQLite, with assets and the load generator vegeta')
    .option('--rate <number>', 'requests per second', parseCount, 150)
    .option('--seconds <number>', 'duration of each round, in seconds', parseCount, 10)
    .option('--rounds <number>', 'number of rounds; each measures both', parseCount, 3)
    .option('--seed <number>', 'seed of the requests', parseCount, 1)
    .exitOverride();

/** Returns why these options make no run, or undefined. Pure. */
export const findProblem = ({ rate, seconds }: LoadOptions): string | undefined =>
  rate * seconds > requestsMax
    ? `a round has --rate times --seconds, ${rate * seconds} requests, at most ${requestsMax} are possible`
    : undefined;
