import { isDeepStrictEqual } from 'node:util';
import { isServing, type Member, partitionOf } from '@muster/placement';
import { pause } from '@muster/runtime';
import { listMembers } from '@muster/store';
import { inspectCopies } from '@muster/supervisor';
import { call, eventually, findRepairs, forAll, type Inspected } from '@muster/testing';
import {
  type AggregatorClient,
  askAggregator,
  closeAggregatorClient,
  isAnswering,
  openAggregatorClient,
  readStateFrom,
} from '@muster/wire';
import { checkHistory } from './check-history.ts';
import { checkSavedSets } from './check-saved-sets.ts';
import { type FoldedLog, foldLog, groupBy, lastState } from './fold-log.ts';
import type { Call, Shown } from './history.ts';
import { type Subject, subjects } from './subjects.ts';
import { activeOf, asOfReply, sourceOfReply, walkList } from './walk-list.ts';

/**
 * Where the answers must come from: the aggregators' memory, or, with all of them down, the database: reads from the
 * snapshot and the log's tail, COUNT and LIST from the snapshot.
 */
export type AnswerSource = 'memory' | 'database';

/**
 * After a load has stopped: what is wrong with its history, with the log, with what the aggregators hold, with `Users`
 * and `Checkpoints`, with COUNT and LIST. Waits until nothing more comes into the log and all have followed; throws
 * when they do not.
 */
export const checkAll = async (test: Inspected, calls: readonly Call[], before?: FoldedLog): Promise<string[]> => {
  const folded = await readLog(test);
  const history = checkHistory(folded, calls, before);
  const answers = [...(await checkAnswers(test, folded, 'memory')), ...(await checkMemory(test, folded))];
  const snapshots = await checkSnapshots(test, [folded]);
  // what was under way at the end came only now
  if ((await test.shell.events.countDocuments({ entity: folded.subject.name })) !== folded.events.length)
    return checkAll(test, calls, before);
  return [...history, ...answers, ...snapshots, ...findRepairs(test)];
};

/** The logs of all entities as they are at one moment, each folded. Throws where an event is of an unknown entity. */
export const readLogs = async ({ shell }: Inspected): Promise<FoldedLog[]> => {
  const byEntity = groupBy(await shell.events.find().toArray(), ({ entity }) => entity);
  const unknown = [...byEntity.keys()].filter((name) => !Object.hasOwn(subjects, name));
  if (unknown.length > 0) throw new Error(`The log has events of ${unknown.join(', ')}, which nobody asked for`);
  return Object.values(subjects).map((subject) => foldLog(byEntity.get(subject.name) ?? [], subject));
};

/** The log of one entity as it is now, folded. */
export const readLog = async ({ shell }: Inspected, subject: Subject = subjects.user): Promise<FoldedLog> =>
  foldLog(await shell.events.find({ entity: subject.name }).toArray(), subject);

/**
 * Reads every id (or these), counts and lists through a gateway; what differs from the log. From memory it waits for
 * the aggregators, from the database it does not.
 */
export const checkAnswers = async (
  test: Inspected,
  folded: FoldedLog,
  source: AnswerSource,
  url = test.url,
  ids: readonly string[] = [...folded.streams.keys()],
): Promise<string[]> => {
  const reads = await forAll(ids, 24, (id) => checkOne(url, folded, id, source));
  return [...reads.flat(), ...(await checkSets(test, folded, source, url))];
};

/**
 * What every aggregator that says it serves a partition has of it in memory, beside the log; what differs. Waits a
 * moment for one that is behind, and asks each by itself: a gateway would go elsewhere.
 */
export const checkMemory = async (
  { log, clusterSecret: secret }: Pick<Inspected, 'log' | 'clusterSecret'>,
  folded: FoldedLog,
  withinMs = 15_000,
): Promise<string[]> => {
  const byPartition = groupBy([...folded.streams.keys()], (id) =>
    String(partitionOf(folded.subject.name, id, partitions)),
  );
  const checkOne = async ({ name, address, incarnation, partitions: held }: Member): Promise<string[]> => {
    const about = { database: log.database, secret, onProblem: () => undefined };
    const replica = openAggregatorClient({ name, address, incarnation, ...about });
    const isServed = async (partition: number) =>
      (await listMembers(log, 5_000)).some(
        (one) => one.incarnation === incarnation && one.partitions.includes(partition),
      );
    try {
      const looked = await forAll(held, 4, (partition) =>
        checkHeld(replica, folded, partition, byPartition.get(String(partition)) ?? [], withinMs, isServed),
      );
      return looked.flat();
    } finally {
      closeAggregatorClient(replica);
    }
  };
  const problems: string[] = [];
  const looked = new Set<string>(); // incarnations: one may come back as another while this looks
  for (const untilMs = performance.now() + 2 * withinMs; performance.now() < untilMs; ) {
    const serving = (await listServing(log)).filter(({ incarnation }) => !looked.has(incarnation));
    if (serving.length === 0) break;
    for (const { incarnation } of serving) looked.add(incarnation);
    problems.push(...(await forAll(serving, 8, checkOne)).flat());
  }
  return problems;
};

const listServing = async (log: Inspected['log']): Promise<Member[]> => {
  const { databaseNow, members } = await inspectCopies(log, 5_000);
  return members.filter((member) => member.address !== '' && isServing(member, databaseNow, lenientLeaseMs));
};

const lenientLeaseMs = 10_000; // on a busy machine a late heartbeat must not exclude a replica from the check

const checkHeld = async (
  replica: AggregatorClient,
  folded: FoldedLog,
  partition: number,
  ids: readonly string[],
  withinMs: number,
  isServed: (partition: number) => Promise<boolean>,
): Promise<string[]> => {
  const wanted = new Map(ids.map((id) => [id, heldOf(folded, id)]));
  for (const untilMs = performance.now() + withinMs; ; await pause(100)) {
    const held = await dumpPartition(replica, folded.subject, partition);
    if (held && folded.subject.keeps) await addRecords(replica, folded.subject, held, ids);
    const differing = held && [...wanted].filter(([id, state]) => !isDeepStrictEqual(held.get(id), state));
    const strange = held && [...held.keys()].filter((id) => !wanted.has(id));
    if (differing?.length === 0 && strange?.length === 0) return [];
    if (!held && !(await isServed(partition))) return []; // it went elsewhere meanwhile
    if (performance.now() < untilMs) continue;
    if (!held) return [`${replica.name} says that it serves partition ${partition}, and does not show it`];
    return [
      ...(differing ?? []).map(
        ([id, state]) =>
          `${replica.name} holds ${id} as ${JSON.stringify(held.get(id))}, the log has ${JSON.stringify(state)}`,
      ),
      ...(strange ?? []).map((id) => `${replica.name} holds ${id}, the log has not`),
    ];
  }
};

/** A partition as a replica has it, as plain JSON; undefined when it does not answer, or does not serve it. */
const dumpPartition = async (
  replica: AggregatorClient,
  { name: entity }: Subject,
  partition: number,
): Promise<Map<string, object> | undefined> => {
  const held = new Map<string, object>();
  for (let after = ''; ; ) {
    for (const untilMs = performance.now() + 3_000; !isAnswering(replica) && performance.now() < untilMs; )
      await pause(10);
    const reply = await askAggregator(replica, { kind: 'dump', partition, entity, after, limit: 1_000 }, 3_000);
    if (reply?.answer.kind !== 'dumped') return undefined;
    for (const [id, state] of reply.answer.states) held.set(id, JSON.parse(JSON.stringify(state ?? null)));
    after = reply.answer.states.at(-1)?.[0] ?? '';
    if (reply.answer.states.length < 1_000) return held;
  }
};

/** Adds the things that are not in memory, as the replica reads them from their records. */
const addRecords = async (
  replica: AggregatorClient,
  { name: entity }: Subject,
  held: Map<string, object>,
  ids: readonly string[],
): Promise<void> => {
  const elsewhere = ids.filter((id) => !held.has(id));
  await forAll(elsewhere, 8, async (id) => {
    const reply = await readStateFrom(replica, { entity, id, minVersion: 0, waitMs: 0 }, 3_000);
    if (reply?.kind === 'state') held.set(id, JSON.parse(JSON.stringify(reply.state)));
  });
};

const heldOf = (folded: FoldedLog, id: string): object => {
  const { status, shown = {}, version, createdAt, changedAt } = lastState(folded, id);
  const fields = folded.subject.fieldsOf(shown);
  const state =
    status === 'active'
      ? { status, version, fields, createdAt, updatedAt: changedAt }
      : { status, version, createdAt, deletedAt: changedAt };
  return JSON.parse(JSON.stringify(state));
};

/**
 * The same of COUNT and LIST alone. From memory, a walk through all pages shows every user, in less time than as many
 * reads; from the database both are the snapshot's.
 */
export const checkSets = async (
  test: Inspected,
  folded: FoldedLog,
  source: AnswerSource,
  url = test.url,
): Promise<string[]> =>
  source === 'database'
    ? checkSavedSets(url, folded)
    : [...(await checkCount(url, folded)), ...(await checkList(url, folded))];

const sources = { memory: /^(?!.*\b(database|log)\b).+$/, database: /^database$/ } satisfies Record<
  AnswerSource,
  RegExp
>;

const checkOne = async (url: string, folded: FoldedLog, id: string, source: AnswerSource): Promise<string[]> => {
  const { status, version, shown } = lastState(folded, id);
  const read = () =>
    call(url, 'GET', `${folded.subject.path}/${id}`, { headers: { 'muster-min-version': String(version) } });
  const reply =
    source === 'memory'
      ? await eventually(read, ({ headers }) => sources.memory.test(headers.get('muster-source') ?? ''))
      : await read();
  const wanted = {
    status: { absent: 404, active: 200, deleted: 410 }[status],
    etag: version > 0 ? `"${version}"` : null,
    shown,
  };
  const given = {
    status: reply.status,
    etag: reply.headers.get('etag'),
    shown: reply.status === 200 ? (reply.body as Shown) : undefined,
  };
  const problems = isDeepStrictEqual(given, wanted)
    ? []
    : [`${id} reads ${JSON.stringify(given)}, the log has ${JSON.stringify(wanted)}`];
  return sources[source].test(reply.headers.get('muster-source') ?? '')
    ? problems
    : [...problems, `${id} was read from ${reply.headers.get('muster-source')}`];
};

const checkCount = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const wanted = activeOf(folded).length;
  return checkInMemory(async () => {
    const reply = await call(url, 'GET', `${folded.subject.path}/count`);
    const isRight = reply.body?.count === wanted || asOfReply(reply) !== undefined;
    return {
      source: sourceOfReply(reply),
      problem: isRight ? undefined : `COUNT says ${reply.text}, the log has ${wanted}`,
    };
  });
};

const checkList = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const wanted = activeOf(folded);
  return checkInMemory(async () => {
    const { listed, source: from, asOf, failed } = await walkList(url, folded.subject);
    const source = folded.subject.keeps ? from.replace(/, database$/, '') : from; // its lists come from both
    if (asOf || isDeepStrictEqual(listed, wanted)) return { source, problem: undefined };
    const missing = wanted.filter(({ id }) => !listed.some((shown) => shown.id === id)).map(({ id }) => id);
    const few = missing.slice(0, 5).join(', ') || 'none';
    const problem = `LIST gives ${listed.length} things, the log has ${wanted.length}; missing: ${few}; ${failed}`;
    return { source, problem };
  });
};

/** Looks until the answer comes from memory: a machine that stalls for a moment may send one round by the snapshot. */
const checkInMemory = async (
  inspect: () => Promise<{ source: string; problem: string | undefined }>,
): Promise<string[]> => {
  const { source, problem } = await eventually(
    inspect,
    (seen) => seen.problem !== undefined || sources.memory.test(seen.source),
  );
  if (problem !== undefined) return [problem];
  return sources.memory.test(source) ? [] : [`COUNT or LIST came from ${source}`];
};

const partitions = 32;

/** Waits until the records and `Checkpoints` say what the log says; what they say wrong, when that does not come. */
export const checkSnapshots = async (
  test: Inspected,
  logs: readonly FoldedLog[],
  withinMs = 15_000,
): Promise<string[]> => {
  const inspect = async () => [
    ...(await Promise.all(logs.map((folded) => checkRecords(test, folded)))).flat(),
    ...(await checkCheckpoints(test, logs)),
  ];
  try {
    return await eventually(inspect, (problems) => problems.length === 0, withinMs);
  } catch {
    return await inspect();
  }
};

/** What the records say otherwise than the log, or not yet. */
export const checkRecords = async ({ shell }: Inspected, folded: FoldedLog): Promise<string[]> => {
  const { collection } = folded.subject;
  const records = new Map(
    (await shell.db.collection<{ _id: string }>(collection).find().toArray()).map((record) => [record._id, record]),
  );
  const strange = [...records.keys()]
    .filter((id) => !folded.streams.has(id))
    .map((id) => `${collection} has ${id}, the log has not`);
  const differing = [...folded.streams.keys()].flatMap((id) => {
    const { snapshot: _, ...record } = { snapshot: 0, ...records.get(id) };
    return isDeepStrictEqual(record, recordOf(folded, id))
      ? []
      : [`${collection} has ${JSON.stringify(record)}, the log has ${JSON.stringify(recordOf(folded, id))}`];
  });
  return [...strange, ...differing];
};

const recordOf = (folded: FoldedLog, id: string) => {
  const { shown = {}, version, createdAt, changedAt, status } = lastState(folded, id);
  const fields = status === 'deleted' ? {} : folded.subject.fieldsOf(shown);
  const about = {
    _id: id,
    ...fields,
    version,
    partition: partitionOf(folded.subject.name, id, partitions),
    createdAt,
    updatedAt: changedAt,
  };
  return status === 'deleted' ? { ...about, deletedAt: changedAt } : about;
};

const checkCheckpoints = async ({ shell }: Inspected, logs: readonly FoldedLog[]): Promise<string[]> => {
  const checkpoints = new Map(
    (await shell.checkpoints.find().toArray()).map((checkpoint) => [String(checkpoint._id), checkpoint]),
  );
  const events = logs.flatMap((log) => log.events);
  const active = logs.map((log) => ({ name: log.subject.name, byPartition: groupBy(activeOf(log), partitionIn(log)) }));
  return [...groupBy(events, ({ partition }) => String(partition))].flatMap(([partition, inLog]) => {
    const counts = active.map(({ name, byPartition }) => [name, byPartition.get(partition)?.length ?? 0]);
    const wanted = { events: inLog.length, active: Object.fromEntries(counts) };
    const checkpoint = checkpoints.get(partition);
    const given = checkpoint && { events: checkpoint.events, active: checkpoint.active };
    return isDeepStrictEqual(given, wanted)
      ? []
      : [
          `The checkpoint of partition ${partition} says ${JSON.stringify(given)}, ` +
            `the log has ${JSON.stringify(wanted)}`,
        ];
  });
};

const partitionIn =
  ({ subject }: FoldedLog) =>
  ({ id = '' }: Shown): string =>
    String(partitionOf(subject.name, id, partitions));
