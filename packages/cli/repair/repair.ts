import { join, resolve } from 'node:path';
import { openDatabase } from '@muster/embedded';
import {
  describeShared,
  distrustRecords,
  findHoles,
  findSharedVersions,
  type Hole,
  idsAbove,
  type Log,
  openLog,
  removeEvents,
  type SharedVersion,
} from '@muster/store';
import { claimRunning, removeRunning } from '@muster/supervisor';
import { type CliSettings, parseCliSettings } from '../settings.ts';
import { findRunning } from './find-running.ts';

export type RepairOptions = { apply?: true };

type Damage = { shared: readonly SharedVersion[]; holes: readonly Hole[] };

const searchMs = 10 * 60_000;
const moveMs = 60_000;
const foundMax = 1_000; // at a time
const pageMax = 1_000;

/**
 * Finds events that share a version and streams that lack a version, and prints them. Muster must be stopped. With
 * `apply` it moves the wrong events into `RemovedEvents`. Returns the exit code: 0 the log is sound or was repaired, 1
 * it found damage and changed nothing, 2 it could not check the log.
 */
export const repair = async (
  environment: NodeJS.ProcessEnv,
  { apply }: RepairOptions,
  print: (text: string) => void,
): Promise<number> => {
  const parsed = parseCliSettings(environment);
  if (parsed.kind === 'problems') return refuse(parsed.problems.join('; '), print);
  try {
    return await withDatabase(parsed.settings, environment, print, async (uri) => {
      await using log = openLog({ uri, database: parsed.settings.DATABASE, appName: 'muster-repair' });
      const running = await findRunning(log, parsed.settings.LEASE_MS);
      if (running !== undefined) return refuse(running, print);
      return await repairLog(log, apply ?? false, print);
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), print);
  }
};

/** Runs `work` on the database of MONGODB_URI. If that is not set, starts the embedded database for this time. */
const withDatabase = async (
  { MONGODB_URI, DATA }: CliSettings,
  environment: NodeJS.ProcessEnv,
  print: (text: string) => void,
  work: (uri: string) => Promise<number>,
): Promise<number> => {
  if (MONGODB_URI !== undefined) return work(MONGODB_URI);
  const dataPath = resolve(DATA);
  if ((await claimRunning(dataPath)) === undefined)
    return refuse(`a Muster runs on the data in ${dataPath}. Stop it first`, print);
  try {
    await using database = await openDatabase({
      dataPath: join(dataPath, 'mongodb'),
      port: 0,
      say: print,
      environment,
    });
    return await work(database.uri);
  } finally {
    await removeRunning(dataPath);
  }
};

const repairLog = async (log: Log, apply: boolean, print: (text: string) => void): Promise<number> => {
  let damage = await findDamage(log);
  if (isSound(damage)) print('The log is sound: no version is shared, and no stream lacks one');
  else if (!apply) print(describeDamage(damage));
  else await distrustRecords(log, moveMs); // before the events move: records may include these events
  if (isSound(damage) || !apply) return isSound(damage) ? 0 : 1;
  for (; !isSound(damage); damage = await findDamage(log)) {
    for (const one of damage.shared) await removeLater(log, one, print);
    // shared versions first: the choice of the event to keep decides which versions are missing
    if (damage.shared.length === 0) for (const hole of damage.holes) await removeAbove(log, hole, print);
  }
  print('Repaired. The moved events are in RemovedEvents. Start Muster, then run: npm run verify');
  return 0;
};

const findDamage = async (log: Log): Promise<Damage> => ({
  shared: await findSharedVersions(log, foundMax, searchMs),
  holes: await findHoles(log, foundMax, searchMs),
});

const isSound = ({ shared, holes }: Damage) => shared.length + holes.length === 0;

// the first event was acknowledged first; the clients that wrote the later ones must send their commands again
const removeLater = async (log: Log, one: SharedVersion, print: (text: string) => void) => {
  const [first, ...later] = one.events.map(({ _id }) => _id);
  const reason = `event ${first} has version ${one.version} of ${one.entity} "${one.entityId}"`;
  await removeEvents(log, later, reason, moveMs);
  print(`Moved ${later.join(', ')}: ${reason}`);
};

const removeAbove = async (log: Log, hole: Hole, print: (text: string) => void) => {
  const reason = `${hole.entity} "${hole.entityId}" has no version ${hole.missing}`;
  let moved = 0;
  for (let ids = await nextAbove(log, hole); ids.length > 0; ids = await nextAbove(log, hole)) {
    await removeEvents(log, ids, reason, moveMs);
    moved += ids.length;
  }
  print(`Moved ${moved} events: ${reason}`);
};

const nextAbove = (log: Log, hole: Hole) => idsAbove(log, hole, hole.missing - 1, pageMax, moveMs);

const describeDamage = ({ shared, holes }: Damage): string =>
  [
    ...shared.map((one) => `Two events share ${describeShared(one)}`),
    ...holes.map(
      ({ entity, entityId, missing, last }) => `${entity} "${entityId}" ends at ${last} and lacks ${missing}`,
    ),
    'Nothing was changed. Stop the gateways too: this command cannot detect them.',
    'Take a back-up, then run: npm run repair -- --apply',
    'It keeps the first of the events that share a version, and the events before a missing version.',
    'It moves the other events into the collection RemovedEvents, with the reason.',
  ].join('\n');

const refuse = (problem: string, print: (text: string) => void): number => {
  print(`Cannot repair: ${problem}`);
  return 2;
};
