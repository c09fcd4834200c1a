import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { findServer } from '@muster/embedded';
import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { describeRound, runCampaign } from './campaign.ts';
import { faultKinds } from './fault.ts';
import { keepEvidence } from './keep-evidence.ts';
import { type Life, parseKinds, parseRound, planLife } from './plan.ts';
import { describeCampaign, exitCodeOf } from './report.ts';
import type { RoundOptions } from './run-round.ts';
import { selection } from './selection.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

const parseNumber = (text: string): number => {
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number');
};

type Options = {
  minutes: number;
  seed: number;
  faults?: string;
  rounds: number;
  longest: number;
  copies: number;
  out?: string;
  evidence: string;
  selection?: true;
  round?: string;
  stop?: true;
  list?: true;
};

const program = new Command('chaos')
  .description(
    'breaks a Muster of its own in many ways under a load, and checks that every law holds; ' +
      'exit code 1: one did not, 3: too little was seen',
  )
  .option('--minutes <number>', 'how long', parseNumber, 30)
  .option(
    '--seed <number>',
    'which faults, and what clients ask: the same number makes the same ones',
    parseNumber,
    Date.now() % 1_000_000,
  )
  .option('--faults <kinds>', `only these, with commas between: ${faultKinds.join(', ')}`)
  .option('--rounds <number>', 'of each life of a Muster', parseNumber, 8)
  .option('--longest <ms>', 'no fault lasts longer', parseNumber, 40_000)
  .option(
    '--copies <number>',
    'of each partition, as the aggregators are set to keep',
    parseNumber,
    Number(process.env.COPIES ?? 2),
  )
  .option('--out <file>', 'put the report there too')
  .option('--evidence <folder>', 'where a round in which a law did not hold leaves what was seen', 'data/chaos')
  .option('--selection', 'the short selection of npm run test:more instead, over and over')
  .option('--round <json>', 'these faults over and over: [[0, {"kind": "kill", "target": "aggregator-0", "ms": 0}], …]')
  .option('--stop', 'end with the first round in which a law did not hold')
  .option('--list', 'only show what would be done')
  .exitOverride();

const list = (lives: readonly Life[]) => {
  for (const life of lives) {
    const disk = life.disk ? ', a small disk' : '';
    print(`life ${life.number}: ${life.aggregators} aggregators, ${life.gateways} gateways${disk}`);
    for (const round of life.rounds) print(`  round ${round.number}: ${describeRound(round)}`);
  }
};

const replayOf = ({ minutes, seed, faults, rounds, longest, copies, selection: isSelection, round }: Options) =>
  [
    `npm run chaos -- --minutes ${minutes} --seed ${seed}`,
    isSelection && '--selection',
    round !== undefined && `--round '${round}'`,
    faults && `--faults ${faults}`,
    `--rounds ${rounds} --longest ${longest} --copies ${copies}`,
  ]
    .filter(Boolean)
    .join(' ');

const describeVersions = async (): Promise<string[]> => {
  const { kind, binary } = await findServer({ environment: process.env, say: () => undefined });
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).split('\n', 1)[0];
  const commit = readCommit();
  return [`Muster ${commit}`, `Node.js ${process.version}`, `${kind}: ${version}`];
};

const readCommit = () => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'of no known commit';
  }
};

const run = async (options: Options, signal: AbortSignal): Promise<number> => {
  const kinds = options.faults ? parseKinds(options.faults) : faultKinds;
  const life = options.round === undefined ? options.selection && selection : parseRound(options.round, options.seed);
  const plan = { seed: options.seed, kinds, longestMs: options.longest, roundsPerLife: options.rounds };
  if (options.list) {
    list(life ? [life] : [0, 1, 2, 3, 4, 5].map((number) => planLife(plan, number)));
    return 0;
  }
  const versions = await describeVersions();
  const keep: RoundOptions['keep'] = async (result, evidence) =>
    say(`what was seen: ${await keepEvidence(options.evidence, options.seed, result, evidence)}`);
  const how = {
    copies: options.copies,
    sessions: 16,
    pauseMs: 40,
    recoverWithinMs: 45_000,
    lastingMs: options.minutes * 60_000,
    say,
    keep,
    stop: options.stop,
  };
  say(`seed ${options.seed}`);
  const campaign = await runCampaign({ ...plan, ...how, ...(life ? { life } : {}) }, signal);
  const text = describeCampaign({ versions, seed: options.seed, kinds, replay: replayOf(options), campaign });
  print(text);
  if (options.out !== undefined) await writeFile(options.out, `${text}\n`);
  const code = exitCodeOf(campaign);
  if (code === 1) say(`A law did not hold; to see it again: ${replayOf(options)}`);
  return campaign.brokenOff && code !== 1 ? 130 : code;
};

const stopMs = 60_000;

const flags = program.options.map((option) => option.flags);
const problem = findSwallowed('chaos', flags, process.argv.slice(2), process.env);
if (problem !== undefined) {
  console.error(`Cannot run chaos: ${problem}`);
  process.exit(2);
}
try {
  await program
    .action((options: Options) => runParent('muster-chaos', (_environment, signal) => run(options, signal), stopMs))
    .parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
process.exit(); // a round that was broken off has left timers; what it started was stopped
