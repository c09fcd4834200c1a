import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { Command } from 'commander';
import { findSqlite, findVegeta, ToolMissing } from './find-tools.ts';
import { makeTargets } from './make-targets.ts';
import { parseReport, type Report, writeTable } from './report.ts';

type Options = { rate: string; seconds: string; rounds: string; seed: string };

const startMs = 120_000;
const root = findProjectRoot();

/** A running service, with its address. */
type Service = { child: ChildProcess; url: string };

/** Starts a service, and waits until its output names its address. Throws its output if it does not. */
const startService = async (words: string[], environment: object, address: RegExp): Promise<Service> => {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const [bytes] of eventsOf(child)) {
    said += bytes;
    const [, found] = address.exec(said) ?? [];
    if (found === undefined) continue;
    return { child, url: found.startsWith('http') ? found : `http://127.0.0.1:${found}` };
  }
  throw new Error(`${words.join(' ')} did not start:\n${said}`);
};

async function* eventsOf(child: ChildProcess): AsyncGenerator<[Buffer]> {
  const signal = AbortSignal.timeout(startMs);
  const ended = once(child, 'exit');
  while (child.stdout) {
    const next = await Promise.race([once(child.stdout, 'data', { signal }), ended.then(() => undefined)]);
    if (!next) return;
    yield next as [Buffer];
  }
}

const stop = async ({ child }: Service) => {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

/** Runs one round with vegeta. Throws if vegeta fails. */
const attack = (
  vegeta: string,
  folder: string,
  url: string,
  { rate, seconds, seed }: Options,
  round: string,
): Report => {
  const targets = makeTargets(url, Number(rate) * Number(seconds), Number(seed), round);
  const file = join(folder, 'targets');
  writeFileSync(file, targets.map((target) => JSON.stringify(target)).join('\n'));
  const words = ['attack', '-format=json', `-targets=${file}`, `-rate=${rate}/s`, `-duration=${seconds}s`];
  const attacked = spawnSync(vegeta, words, { maxBuffer: 2 ** 28 });
  const reported = spawnSync(vegeta, ['report', '-type=json'], { input: attacked.stdout, encoding: 'utf8' });
  if (attacked.status !== 0 || reported.status !== 0) throw new Error(`vegeta failed: ${attacked.stderr}`);
  return parseReport(reported.stdout);
};

const compare = async (options: Options, folder: string): Promise<string> => {
  const cache = join(root, '.cache');
  const [vegeta, sqlite] = [findVegeta(cache), findSqlite(cache)];
  const services: Service[] = [];
  const onInterrupt = () => void Promise.all(services.map(stop)).then(() => process.exit(130));
  process.once('SIGINT', onInterrupt);
  try {
    const environment = { ENTITIES: 'assets', PORT: '0', DATA: join(folder, 'muster'), LOG_LEVEL: 'warn' };
    services.push(await startService(['scripts/run.js', 'start'], environment, /Muster runs at (\S+)/));
    const plain = ['--import', 'tsx', 'packages/bench/assets/plain-assets.ts', sqlite, join(folder, 'assets.db')];
    services.push(await startService(plain, {}, /listening (\d+)/));
    const reports: [Report[], Report[]] = [[], []];
    for (const [at, { url }] of services.entries())
      attack(vegeta, folder, url, { ...options, seconds: '3' }, `warm-${at}`);
    for (let round = 0; round < Number(options.rounds); round += 1)
      for (const [at, { url }] of services.entries())
        reports[at]?.push(attack(vegeta, folder, url, options, `round-${round}`));
    return writeTable(...reports);
  } finally {
    process.off('SIGINT', onInterrupt);
    await Promise.all(services.map(stop));
  }
};

const main = async (options: Options): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bench-assets-'));
  try {
    console.log(await compare(options, folder));
    return 0;
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    console.error(`Cannot compare: ${error.message}`);
    return 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const program = new Command('bench:assets')
  .description('Compare assets on Muster with a small service over SQLite, by the load generator vegeta')
  .option('--rate <number>', 'requests a second', '150')
  .option('--seconds <number>', 'of a round', '10')
  .option('--rounds <number>', 'for each service, in turn', '3')
  .option('--seed <number>', 'which requests: the same seed gives the same ones', '1')
  .parse();
for (const [name, value] of Object.entries(program.opts<Options>()))
  if (!/^[1-9]\d{0,5}$/.test(value)) program.error(`error: --${name} must be a whole number from 1, not "${value}"`);
process.exitCode = await main(program.opts<Options>());
