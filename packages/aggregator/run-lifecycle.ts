import { backOffMs, pause, retryUntil } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { expire, movePartitions, ownPartitions, servePartitions } from './change-service.ts';
import { beginWork, moveOn, nextRestore, nextStream, noteFollowing, trackWork } from './course.ts';
import { followLog } from './follow-log.ts';
import { handOver } from './hand-over.ts';
import { forgetPlace } from './heart.ts';
import { leave } from './leave.ts';
import type { Due, From, Input } from './lifecycle.ts';
import { beat, beginMembership, endMembership, join } from './membership.ts';
import { reconcile } from './reconcile.ts';
import { restore } from './restore.ts';
import { saveSnapshot } from './snapshot.ts';
import { beginLifecycle, step } from './step.ts';
import { holdPartitions } from './table.ts';
import { viewMembers } from './view-members.ts';

/** `onAnew` is called when an incarnation begins, `onServing` when it begins to serve. */
export type Hooks = { onAnew: () => void; onServing: () => void };

/** Runs the lifecycle: joins, restores, follows the log. Returns when the input `stopAsked` or `fatal` has ended it. */
export const runLifecycle = async (aggregator: Aggregator, hooks: Hooks): Promise<void> => {
  const { left } = aggregator.course;
  const ended = new Promise((resolve) => left.signal.addEventListener('abort', resolve, { once: true }));
  for (const due of beginLifecycle().due) void carryOut(aggregator, hooks, due);
  await ended;
};

/**
 * Takes an input: makes the next lifecycle and starts the due work in order. The promise resolves when the change
 * stream may be read further. It never rejects.
 */
export const advance = async (aggregator: Aggregator, hooks: Hooks, input: Input): Promise<void> => {
  const { lifecycle, due } = step(aggregator.course.lifecycle, input);
  moveOn(aggregator.course, lifecycle);
  await Promise.all(due.map((one) => carryOut(aggregator, hooks, one)));
};

/** Starts one piece of due work. Work that answers later makes its own input. */
const carryOut = (aggregator: Aggregator, hooks: Hooks, due: Due): Promise<void> | void => {
  const { course, table } = aggregator;
  switch (due.do) {
    case 'beginMembership':
      beginWork(course);
      return beginMembership(aggregator);
    case 'greetAnew':
      return hooks.onAnew();
    case 'join':
      return void trackWork(course, joinNow(aggregator, hooks, due.order));
    case 'hold':
      return holdPartitions(table, due.partitions);
    case 'rebalance':
      return movePartitions(aggregator, due.added, due.dropped);
    case 'restore':
      return restoreNow(aggregator, hooks, due);
    case 'cancelRestore':
      return void nextRestore(course);
    case 'openStream':
      return noteFollowing(course, trackWork(course, followNow(aggregator, hooks, due)));
    case 'beat':
      return void beatNow(aggregator, hooks);
    case 'serve':
      return servePartitions(aggregator, due.partitions, due.mode);
    case 'own':
      return ownPartitions(aggregator, due.partitions);
    case 'announce':
      return void beatNow(aggregator, hooks).then(hooks.onServing);
    case 'reconcile':
      return void reconcile(
        aggregator,
        due.partitions.flatMap((number) => table.get(number) ?? []),
        course.membership.signal,
      );
    case 'save':
      return void saveSnapshot(aggregator, due.partitions);
    case 'handOver':
      return void trackWork(course, handOverNow(aggregator, hooks));
    case 'expire':
      expire(aggregator, due.reason);
      return void endWork(aggregator, hooks, due.order);
    case 'endWork':
      endMembership(aggregator);
      return void endWork(aggregator, hooks, due.order);
    case 'leave':
      return void leave(aggregator, due.save).then(() => course.left.abort());
  }
};

const joinNow = async (aggregator: Aggregator, hooks: Hooks, order: number) => {
  const { course, logger } = aggregator;
  const complain = (error: unknown) => logger.warn({ err: error }, 'Cannot join the members, trying again');
  await retryUntil(() => join(aggregator), course.membership.signal, complain);
  if (course.membership.signal.aborted) return;
  const { wanted, first } = viewMembers(aggregator);
  await advance(aggregator, hooks, { kind: 'joined', order, partitions: wanted, first });
};

// in mode `rescan` the stream is not read during the restore: its events wait in the server
const restoreNow = (aggregator: Aggregator, hooks: Hooks, due: Extract<Due, { do: 'restore' }>) => {
  const restored = trackWork(aggregator.course, restoreAndAdvance(aggregator, hooks, due));
  return due.mode === 'rescan' ? restored : undefined;
};

const restoreAndAdvance = async (
  aggregator: Aggregator,
  hooks: Hooks,
  { order, partitions, mode, failures }: Extract<Due, { do: 'restore' }>,
) => {
  const signal = nextRestore(aggregator.course);
  try {
    if (failures > 0) await pause(backOffMs(failures), signal);
    if (signal.aborted) return;
    const result = await restore(aggregator, partitions, mode, signal);
    if (signal.aborted) return;
    const nextBeat = aggregator.heart.sent + 1;
    await advance(
      aggregator,
      hooks,
      result.kind === 'restored' ? { ...result, order, nextBeat } : { ...result, order },
    );
  } catch (error) {
    if (signal.aborted) return;
    aggregator.logger.warn({ err: error, mode }, 'Cannot restore, trying again');
    await advance(aggregator, hooks, { kind: 'restoreFailed', order });
  }
};

const followNow = async (
  aggregator: Aggregator,
  hooks: Hooks,
  { order, partitions, from, failures }: Extract<Due, { do: 'openStream' }>,
) => {
  const { course, logger } = aggregator;
  const former = course.following;
  const signal = nextStream(course);
  await former; // until the former stream has applied all that it brought
  if (failures > 0) await pause(backOffMs(failures), signal);
  if (signal.aborted) return;
  const position = positionOf(aggregator, from);
  if (!position && from.kind !== 'now') return advance(aggregator, hooks, { kind: 'placeLost', order });
  try {
    const stream = { order, partitions, from: position };
    for await (const input of followLog(aggregator, stream, signal)) await advance(aggregator, hooks, input);
  } catch (error) {
    if (signal.aborted) return;
    logger.warn({ err: error }, 'Cannot follow the log, trying again');
    await advance(aggregator, hooks, { kind: 'streamFailed', order });
  }
};

const positionOf = ({ heart }: Aggregator, from: From) => {
  if (from.kind === 'lastHeartbeat') return heart.last?.position; // a heartbeat's position fits any set of partitions
  forgetPlace(heart);
  return from.kind === 'position' ? from.position : undefined;
};

/** Renews the lease at once. When this fails, the next regular heartbeat renews it. */
const beatNow = async (aggregator: Aggregator, hooks: Hooks) => {
  const outcome = await beat(aggregator).catch(() => undefined);
  if (outcome === 'expired') await advance(aggregator, hooks, { kind: 'leaseExpired' });
};

const handOverNow = async (aggregator: Aggregator, hooks: Hooks) => {
  const handedOver = await handOver(aggregator, aggregator.course.membership.signal);
  await advance(aggregator, hooks, handedOver);
};

const endWork = async (aggregator: Aggregator, hooks: Hooks, order: number) => {
  const { course } = aggregator;
  course.membership.abort();
  await Promise.all(course.work);
  await advance(aggregator, hooks, { kind: 'ended', order });
};
