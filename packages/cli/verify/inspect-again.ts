import type { Entity, State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { type Log, readStream } from '@muster/store';
import { type AggregatorClient, readStateFrom, type StateReply } from '@muster/wire';
import type { Suspect } from './find-suspects.ts';
import { type Findings, noteDifference, noteParked, noteUnlooked } from './findings.ts';
import { closeJudging, judgeEvents, openJudging } from './judge-stream.ts';

export type Looking = { log: Log; entities: ReadonlyMap<string, Entity>; partitions: number; findings: Findings };

const reachMs = 5_000; // how long memory may take to reach what the log had
const answerMs = 1_000; // and then to say so
const pageMs = 10_000; // of the log
const asksAtOnce = 1_000;
const readsAtOnce = 16;

/**
 * Inspects suspected streams again: memory must reach, within 5 s, what the log had of them, and then memory and the
 * record must be the fold of the stream's whole log. `replica` is undefined where memory is not inspected.
 */
export const inspectAgain = async (
  looking: Looking,
  partition: number,
  replica: AggregatorClient | undefined,
  suspects: readonly Suspect[],
): Promise<void> => {
  const untilMs = performance.now() + reachMs;
  for (const some of chunksOf(suspects, asksAtOnce)) {
    const asked = replica
      ? await Promise.all(some.map((suspect) => askMemory(looking, partition, replica, suspect, untilMs)))
      : some.map(() => []);
    const pairs = some.map((suspect, index) => ({ suspect, replied: asked[index] ?? [] }));
    for (const few of chunksOf(pairs, readsAtOnce))
      await Promise.all(few.map(({ suspect, replied }) => judge(looking, suspect, replied)));
  }
};

const askMemory = async (
  { entities, findings, partitions }: Looking,
  partition: number,
  replica: AggregatorClient,
  suspect: Suspect,
  untilMs: number,
): Promise<State[]> => {
  const { entity, id, lastVersion } = suspect;
  // another replica has it, rightly
  if (!entities.has(entity) || partitionOf(entity, id, partitions) !== partition) return [];
  const waitMs = Math.max(0, Math.round(untilMs - performance.now()));
  const reply = await readStateFrom(replica, { entity, id, minVersion: lastVersion, waitMs }, waitMs + answerMs);
  if (reply?.kind === 'state') return [reply.state];
  if (reply?.kind === 'notYet')
    noteDifference(
      findings,
      behind(suspect, await readStateFrom(replica, { entity, id, minVersion: 0, waitMs: 0 }, answerMs)),
    );
  else noteUnlooked(findings, partition, `${replica.name} did not hand out ${entity} "${id}"`);
  return [];
};

const behind = ({ entity, id, lastVersion }: Suspect, reply: StateReply | undefined) => {
  const found =
    reply?.kind === 'state' ? `version ${reply.state.version}${reply.parked ? ', parked' : ''}` : 'an older one';
  return {
    what: 'Memory does not reach the log',
    where: `memory, ${entity} "${id}"`,
    expected: `version ${lastVersion} within ${reachMs / 1_000} s`,
    found,
  };
};

const judge = async ({ log, entities, findings, partitions }: Looking, suspect: Suspect, replied: State[]) => {
  const { entity: name, id, record } = suspect;
  const memory = suspect.memory ? [suspect.memory, ...replied] : replied;
  const judging = openJudging({ name, id, entity: entities.get(name), memory, record }, partitions);
  // after memory was asked, so that the log has whatever memory has
  for await (const events of readStream(log, { name }, id, 0, () => pageMs)) judgeEvents(judging, events);
  const { differences, parked } = closeJudging(judging);
  for (const difference of differences) noteDifference(findings, difference);
  if (parked) noteParked(findings, parked);
};

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
