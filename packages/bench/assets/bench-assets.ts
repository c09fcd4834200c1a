import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { readCommit } from '../describe-machine.ts';
import { startChild } from '../start-child.ts';
import { type AttackOptions, attack } from './attack.ts';
import { describeLoad, type Measured } from './describe-load.ts';
import { findSqlite } from './find-sqlite.ts';
import { findVegeta, type Vegeta } from './find-vegeta.ts';
import type { Place } from './install-into.ts';
import { addCounts, findProblems } from './judge-statuses.ts';
import { expectStatuses, makeTargets } from './make-targets.ts';
import { openMuster } from './open-muster.ts';
import type { Report } from './parse-report.ts';

/** The rate in requests per second, the duration of a round in seconds, the number of rounds, and the seed. */
export type LoadOptions = { rate: number; seconds: number; rounds: number; seed: number };

type Print = (text: string) => void;
type Tools = { vegeta: Vegeta; sqlite: string };
type Servers = { muster: string; sqlite: string };

/**
 * Measures Muster and a plain server over SQLite in turn with the same requests, and prints the table. It starts and
 * ends both. Returns the exit code: 0 whatever the latencies are, 1 when it was interrupted or the answers were not as
 * expected. Throws an error with the exit code 2 when a tool is missing.
 */
export const benchAssets = async (
  environment: NodeJS.ProcessEnv,
  options: LoadOptions,
  signal: AbortSignal,
  print: Print,
): Promise<number> => {
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  try {
    const load = loadavg()[0] ?? Number.NaN; // before anything is built or compiled
    const place = { folder: join(findProjectRoot(), '.cache'), environment, say, signal };
    const tools = { vegeta: await findVegeta(place), sqlite: await findSqlite(place) };
    const measured = await measure(tools, options, place);
    for (const line of [...(await describeAbout(options, tools, load)), '', ...describeLoad(measured)]) print(line);
    return judge(measured, say);
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted');
    return 1;
  }
};

const measure = async (tools: Tools, options: LoadOptions, place: Place): Promise<Measured> => {
  const { environment, say, signal } = place;
  await using folder = await openFolder();
  say('Starting Muster and the server over SQLite');
  await using muster = await openMuster(environment, say);
  signal.throwIfAborted();
  const own = { SQLITE: tools.sqlite, DATA: folder.path };
  await using plain = await startChild('bench-plain-assets', { ...environment, ...own });
  const vegeta = { vegeta: tools.vegeta.path, folder: folder.path, environment, signal };
  return await runRounds({ muster: muster.url, sqlite: plain.url }, options, vegeta, say);
};

const runRounds = async (
  servers: Servers,
  { rate, seconds, rounds, seed }: LoadOptions,
  tool: Omit<AttackOptions, 'rate' | 'seconds'>,
  say: Print,
): Promise<Measured> => {
  const [muster, sqlite]: [Report[], Report[]] = [[], []];
  const attackBoth = async (round: number) => {
    const targets = makeTargets(seed, round, rate * seconds);
    const ours = await attack(servers.muster, targets, { ...tool, rate, seconds });
    const theirs = await attack(servers.sqlite, targets, { ...tool, rate, seconds });
    return { ours, theirs, expected: expectStatuses(targets) };
  };
  say('Warming up both');
  await attackBoth(0);
  const expected = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`Round ${round} of ${rounds}`);
    const both = await attackBoth(round);
    muster.push(both.ours);
    sqlite.push(both.theirs);
    expected.push(both.expected);
  }
  return { muster, sqlite, expected: addCounts(expected) };
};

const judge = ({ muster, sqlite, expected }: Measured, say: Print): number => {
  const problems = [...findProblems('Muster', muster, expected), ...findProblems('SQLite', sqlite, expected)];
  for (const problem of problems) say(problem);
  for (const error of new Set([...muster, ...sqlite].flatMap(({ errors }) => errors)))
    if (!/^4\d\d /.test(error)) say(`vegeta: ${error}`);
  return problems.length === 0 ? 0 : 1;
};

const describeAbout = async ({ rate, seconds, rounds, seed }: LoadOptions, { vegeta }: Tools, load: number) => [
  `- measured ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${await readCommit()}`,
  `- ${vegeta.about}: ${rate} requests/s for ${seconds} s, ${rounds} rounds of each in turn, seed ${seed}`,
  `- machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node.js ${process.versions.node}`,
  `- load average before: ${load.toFixed(2)}; medians (minimum – maximum) of the rounds`,
];

const openFolder = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'muster-bench-assets-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
};
