import { cpus, loadavg } from 'node:os';
import { readCommit } from '../describe-machine.ts';
import { spreadOf } from '../statistics.ts';
import { type BenchSite, openBenchFollower, openBenchSite, untilFollowed } from './open-bench-site.ts';
import { writeAssets, writeRecords } from './write-events.ts';

/** The events of a round, the number of rounds, and how many assets are timed one by one. */
export type SitesOptions = { events: number; rounds: number; singles: number };

type Print = (text: string) => void;
type Seconds = { assets: number[]; records: number[]; singlesMs: number[] };

/**
 * Measures how fast a follower adopts what another site has: events that came while it was away, and single ones while
 * it follows. Prints the table. Returns the exit code: 0, or 1 when it was interrupted.
 */
export const benchSites = async (
  environment: NodeJS.ProcessEnv,
  options: SitesOptions,
  signal: AbortSignal,
  print: Print,
): Promise<number> => {
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  const load = loadavg()[0] ?? Number.NaN;
  try {
    const measured = await measure(environment, options, signal, say);
    for (const line of [...(await describeAbout(options, load)), '', ...describeMeasured(options, measured)])
      print(line);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted');
    return 1;
  }
};

const measure = async (
  environment: NodeJS.ProcessEnv,
  { events, rounds, singles }: SitesOptions,
  signal: AbortSignal,
  say: Print,
): Promise<Seconds> => {
  say('Starting two sites');
  await using source = await openBenchSite('oslo', environment);
  await using target = await openBenchSite('lima', environment);
  const measured: Seconds = { assets: [], records: [], singlesMs: [] };
  let known = 0;
  const timeOffline = async (write: () => Promise<void>): Promise<number> => {
    await write();
    known += events;
    const startedAt = performance.now();
    await using follower = await openBenchFollower(target, source, environment);
    await untilFollowed(follower, known, signal);
    return (performance.now() - startedAt) / 1_000;
  };
  for (let round = 1; round <= rounds; round += 1) {
    say(`Round ${round} of ${rounds}`);
    measured.assets.push(await timeOffline(() => writeAssets(source.log, events, round, signal)));
    measured.records.push(await timeOffline(() => writeRecords(source.log, events, round)));
  }
  say('Timing single assets');
  await using follower = await openBenchFollower(target, source, environment);
  await untilFollowed(follower, known, signal);
  for (let number = 0; number < singles; number += 1) {
    measured.singlesMs.push(await timeOne(source, target, `single-${number}`));
    signal.throwIfAborted();
  }
  return measured;
};

/** Creates an asset at one site. Returns after how many milliseconds the other one has it. */
const timeOne = async (source: BenchSite, target: BenchSite, id: string): Promise<number> => {
  const startedAt = performance.now();
  const body = JSON.stringify({ id, name: 'Single' });
  const headers = { 'content-type': 'application/json' };
  const created = await fetch(`${source.url}/api/v1/assets`, { method: 'POST', headers, body });
  if (created.status !== 201) throw new Error(`Cannot create an asset: ${created.status} ${await created.text()}`);
  while ((await fetch(`${target.url}/api/v1/assets/${id}`)).status !== 200);
  return performance.now() - startedAt;
};

const describeAbout = async ({ events, rounds, singles }: SitesOptions, load: number): Promise<string[]> => [
  `- measured ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${await readCommit()}`,
  `- ${events} events while the follower is away, ${rounds} rounds; then ${singles} assets one by one`,
  `- machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node.js ${process.versions.node}`,
  `- load average before: ${load.toFixed(2)}; medians (minimum – maximum)`,
];

const describeMeasured = ({ events, rounds }: SitesOptions, { assets, records, singlesMs }: Seconds): string[] => {
  const rates = (seconds: readonly number[]) =>
    show(
      seconds.map((one) => events / one),
      0,
    );
  return [
    '| what | seconds until equal, with the start of the follower | events/s |',
    '|---|---|---|',
    `| ${events} new assets | ${show(assets, 2)} | ${rates(assets)} |`,
    `| ${events} events on ${events / 10} records | ${show(records, 2)} | ${rates(records)} |`,
    '',
    `| one asset, from the request at one site until the other has it | ms |`,
    '|---|---|',
    ...quantiles(singlesMs).map(([name, value]) => `| ${name} | ${value.toFixed(0)} |`),
    ...(rounds < 3 ? ['', 'Fewer than 3 rounds: the medians mean little'] : []),
  ];
};

const quantiles = (values: readonly number[]): [string, number][] => {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return [
    ['median', at(0.5)],
    ['p95', at(0.95)],
    ['longest', at(1)],
  ];
};

const show = (values: readonly number[], digits: number): string => {
  const { median, least, most } = spreadOf(values);
  return `${median.toFixed(digits)} (${least.toFixed(digits)} – ${most.toFixed(digits)})`;
};
