import { writeFile } from 'node:fs/promises';
import { runParent } from '@muster/runtime';
import { openSeeded } from '@muster/testing';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { runSiteRound, type SiteRound } from './run-site-round.ts';
import { describeSiteFault, planSiteFaults, type SiteFault, siteFaultKinds } from './site-fault.ts';
import { closeSite, openSite, startFollower, startSite } from './site-network.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

const parseNumber = (text: string): number => {
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number');
};

const parseKinds = (text: string): SiteFault['kind'][] =>
  text.split(',').map((name) => {
    const kind = siteFaultKinds.find((one) => one === name);
    if (kind) return kind;
    throw new InvalidArgumentError(`there is no fault ${name}`);
  });

type Options = { minutes: number; seed: number; faults?: readonly SiteFault['kind'][]; out?: string };

const program = new Command('chaos:sites')
  .description(
    'breaks three sites that follow each other, and the links between them, under a load, and checks that they ' +
      'become equal after healing; exit code 1: a law did not hold, 3: too little was seen',
  )
  .option('--minutes <number>', 'how long', parseNumber, 10)
  .option('--seed <number>', 'the same number makes the same faults', parseNumber, Date.now() % 1_000_000)
  .option('--faults <kinds>', `only these: ${[...new Set(siteFaultKinds)].join(',')}`, parseKinds)
  .option('--out <file>', 'put the report there too')
  .option('--stop', 'changes nothing: the first round in which a law did not hold always ends it')
  .exitOverride();

const names = ['oslo', 'lima', 'kyiv'];
const stopMs = 60_000;

const run = async ({ minutes, seed, faults: kinds, out }: Options, signal: AbortSignal): Promise<number> => {
  const random = openSeeded(seed);
  const rounds: SiteRound[] = [];
  const untilMs = performance.now() + minutes * 60_000;
  const environment = { LOG_LEVEL: 'warn', FOLLOW_BATCH_MAX: '50', LIVE_RING_EVENTS: '300' };
  const sites = await Promise.all(names.map((name) => openSite(name, environment)));
  try {
    say(`seed ${seed}`);
    await Promise.all(sites.map(startSite));
    for (const site of sites)
      await startFollower(
        site,
        sites.filter((other) => other !== site),
      );
    for (let number = 0; (number === 0 || performance.now() < untilMs) && !signal.aborted; number += 1) {
      const faults = planSiteFaults(random, sites.length, kinds);
      say(`round ${number}: ${faults.map(describeSiteFault).join(' · ')}`);
      const round = await runSiteRound(sites, number, faults);
      rounds.push(round);
      say(`round ${number}: ${describeResult(round)}`);
      if (round.violations.length > 0) break; // later rounds would report it again
    }
  } finally {
    await Promise.all(sites.map(closeSite));
  }
  const text = describeRounds(rounds, seed, minutes);
  print(text);
  if (out !== undefined) await writeFile(out, `${text}\n`);
  if (rounds.some(({ violations }) => violations.length > 0)) return 1;
  return signal.aborted ? 130 : rounds.length === 0 ? 3 : 0;
};

const describeResult = ({ violations, convergedMs, history }: SiteRound): string =>
  violations.length > 0
    ? `${violations.length} VIOLATIONS, the first: ${violations[0]?.slice(0, 400)}`
    : `no violation, equal after ${convergedMs} ms, ${history.acknowledged} answers, ${history.unanswered} without`;

const describeRounds = (rounds: readonly SiteRound[], seed: number, minutes: number): string => {
  const violations = rounds.flatMap(({ number, faults, violations: all }) =>
    all.map((text) => `- round ${number} (${faults.map(describeSiteFault).join(' · ')}): ${text}`),
  );
  const times = rounds.flatMap(({ convergedMs }) => convergedMs ?? []).sort((one, other) => one - other);
  const answers = rounds.reduce((sum, { history }) => sum + history.acknowledged, 0);
  const counts = new Map<string, number>();
  for (const { kind } of rounds.flatMap(({ faults }) => faults)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [
    '# Faults between sites',
    '',
    `**${violations.length === 0 ? 'No violation.' : `${violations.length} violations.`}** ${rounds.length} rounds, ` +
      `${answers} answered requests, seed ${seed}.`,
    '',
    ...(violations.length > 0
      ? [...violations, '', `Replay: \`npm run chaos:sites -- --seed ${seed} --minutes ${minutes}\``, '']
      : []),
    `- faults: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `- equal after healing: median ${times[Math.floor(times.length / 2)] ?? '-'} ms, longest ${times.at(-1) ?? '-'} ms`,
  ].join('\n');
};

try {
  program.parse();
  await runParent('muster-chaos-sites', (_, signal) => run(program.opts<Options>(), signal), stopMs);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
