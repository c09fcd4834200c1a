import type { Entity } from '@muster/model';
import { type Log, openLog } from '@muster/store';
import { openAggregators } from '../ask-aggregators.ts';
import { findSystem, readPartitions } from '../find-system.ts';
import { closeProgress, openProgress, showProgress } from '../progress.ts';
import { awaitCount, type CountWait, countBefore } from './await-count.ts';
import { seedApi } from './seed-api.ts';
import { seedLog } from './seed-log.ts';
import type { Seeded, Seeding } from './seeded.ts';
import { waitUntilHeld } from './wait-until-held.ts';

/** `users`: how many things of the entity to create. */
export type SeedOptions = {
  entities: readonly Entity[];
  entity: string;
  users: number;
  seed: number;
  via: 'api' | 'log';
  concurrency: number | undefined;
  url: string | undefined;
};

/**
 * Creates plausible things of an entity in the running system, always the same ones for the same seed. Then it waits
 * until the aggregators have them in memory and COUNT shows them at every gateway. Returns the exit code: 0 done, 1
 * interrupted or not complete, 2 no running system was found, or the entity cannot be seeded.
 */
export const seed = async (
  environment: NodeJS.ProcessEnv,
  options: SeedOptions,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> => {
  const system = await findSystem(environment);
  if (system.kind === 'problems') return refuse(system.problems.join('; '), print);
  const url = options.url ?? system.url;
  const entity = options.entities.find(({ name }) => name === options.entity);
  if (!entity) return refuse(describeUnknownEntity(options), print);
  const other = options.entities.find(({ name }) => name === entity.creating.first?.reference.entity);
  if (entity.creating.first && options.via === 'log')
    return refuse(`creating a ${entity.name} changes its ${other?.name}, too: use --via api`, print);
  if (options.via === 'api' && entity.http.body !== undefined)
    return refuse(`the gateway makes the ids of ${entity.name}s. Use --via log`, print);
  if (options.via === 'api' && url === undefined)
    return refuse('the address of the gateway is unknown. Set it with --url', print);
  const key = environment.MUSTER_KEY || undefined;
  const urls = options.url === undefined ? system.urls : [options.url];
  await using log = openLog({ uri: system.uri, database: system.database, appName: 'muster-seed' });
  const progress = openProgress(`${entity.name}s`, options.users);
  try {
    const partitions = await readPartitions(log);
    const before = await countBefore(urls, entity, signal, key);
    if (before === undefined && urls.length > 0)
      return refuse(`no gateway answers COUNT. Check that one of these runs: ${urls.join(', ')}`, print);
    const startedAt = performance.now();
    const onSeeded = ({ created, present }: Seeded) => showProgress(progress, created + present);
    const concurrency = options.concurrency ?? { api: 64, log: 2_000 }[options.via];
    const { users, seed: number } = options;
    const seeding: Seeding = { users, seed: number, other, concurrency, key, signal, onSeeded };
    const seeded =
      options.via === 'api' && url !== undefined
        ? await seedApi(url, entity, seeding)
        : await seedLog(log, entity, partitions, seeding);
    closeProgress(progress);
    print(describe(`${entity.name}s`, seeded, options.via, (performance.now() - startedAt) / 1_000));
    if (signal.aborted) return refuse('interrupted. Run the same command again to create the others', print, 1);
    const since = () => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s after the start`;
    // of an entity with `keep` only some states stay in memory: COUNT alone shows that all are known
    const isHeld =
      entity.keep !== undefined || (await showHeld(log, entity, system.secret, partitions, options, print, since));
    if (!isHeld) return refuse('the aggregators do not have all of them in memory yet', print, 1);
    if (before === undefined) return tell('COUNT was not checked. To check it, set the gateway with --url', print, 0);
    const problem = await showUntilCounted({ urls, entity, key, wanted: before + seeded.created, signal }, before);
    if (problem !== undefined) return refuse(problem, print, 1);
    return tell(`COUNT shows at least ${before + seeded.created} ${since()}`, print, 0);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), print, 1);
  } finally {
    closeProgress(progress);
  }
};

const showHeld = async (
  log: Log,
  entity: Entity,
  secret: string | undefined,
  partitions: number,
  { seed: number, users }: SeedOptions,
  print: (text: string) => void,
  since: () => string,
): Promise<boolean> => {
  await using aggregators = await openAggregators(log, secret);
  const { replicas, silent } = aggregators;
  if (replicas.length === 0) print(describeUnknown(silent));
  if (!(await waitUntilHeld(aggregators, entity, partitions, number, users))) return false;
  if (replicas.length > 0) print(`In memory of ${replicas.length} aggregators ${since()}`);
  return true;
};

const showUntilCounted = async (wait: Omit<CountWait, 'onCount'>, before: number): Promise<string | undefined> => {
  const counting = openProgress('Counted', wait.wanted - before);
  try {
    return await awaitCount({
      ...wait,
      onCount: (count) => showProgress(counting, Math.max(0, Math.min(count, wait.wanted) - before)),
    });
  } finally {
    closeProgress(counting);
  }
};

const describeUnknownEntity = ({ entities, entity }: SeedOptions): string =>
  `"${entity}" is no entity here. There are ${entities.map(({ name }) => name).join(', ')}`;

const describe = (things: string, { created, present }: Seeded, via: string, seconds: number): string => {
  const existed = present > 0 ? ` (${present} existed already: use another --seed for others)` : '';
  const rate = Math.round((created + present) / seconds);
  const through = via === 'api' ? 'API' : 'log';
  const took = `in ${seconds.toFixed(1)} s, ${rate} ${things}/s`;
  return `${created} ${things} created through the ${through} ${took}${existed}`;
};

const describeUnknown = (silent: readonly string[]): string =>
  silent.length > 0
    ? `Cannot check whether the aggregators have them in memory: ${silent.join(', ')}`
    : 'No aggregator runs. Aggregators load them when they start';

const tell = (text: string, print: (text: string) => void, code: number): number => {
  print(text);
  return code;
};

const refuse = (problem: string, print: (text: string) => void, code = 2): number =>
  tell(`Cannot seed: ${problem}`, print, code);
