import type { ExpiryReason, Input } from './lifecycle.ts';
import { answer, type Job, losePlace, put, restoredBy, somePosition, type World } from './lifecycle-world.ts';
import type { Numbers } from './numbers.ts';

/** For the property tests of `step`: what happens next. `which` selects one of the possible outcomes. */
export type Turn =
  | { kind: 'work'; which: number }
  | { kind: 'heartbeat'; which: number }
  | { kind: 'fault'; which: number }
  | { kind: 'stale'; which: number; order: number }
  | { kind: 'members'; wanted: Numbers; surplus: Numbers; first: Numbers }
  | { kind: 'save' }
  | { kind: 'expire'; reason: ExpiryReason }
  | { kind: 'stop' };

/** Returns the world after a turn. A turn that is not possible changes nothing. */
export const takeTurn = (world: World, turn: Turn): World => {
  switch (turn.kind) {
    case 'work':
      return pick(successes(world), turn.which)?.() ?? world;
    case 'heartbeat':
      return turn.which % 2 === 0 ? { ...world, sent: world.sent + 1 } : returnHeartbeat(world, turn.which);
    case 'fault':
      return pick(faults(world), turn.which)?.() ?? world;
    case 'stale':
      return putStale(world, turn);
    case 'members': {
      const { wanted, surplus, first } = turn;
      return put({ ...world, wanted, surplus, first }, { kind: 'membersChanged', wanted, surplus, first });
    }
    case 'save':
      return put(world, { kind: 'snapshotDue' });
    case 'expire':
      return put(world, { kind: turn.reason });
    case 'stop':
      return put(world, { kind: 'stopAsked' });
  }
};

/** Returns the world after all work has been answered and no fault has happened for 30 rounds. */
export const settle = (world: World): World => {
  let settled = world;
  for (let round = 0; round < 30; round += 1) {
    const { wanted, first } = settled;
    settled = takeTurn(settled, { kind: 'members', wanted, surplus: [0, 1, 2, 3], first });
    for (let works = 0; works < 10; works += 1) settled = takeTurn(settled, { kind: 'work', which: works });
    settled = returnHeartbeat({ ...settled, sent: settled.sent + 1 }, 0);
  }
  return settled;
};

const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % all.length];

// heartbeats come back in order, and only through an open stream; `which` 0 returns the newest
const returnHeartbeat = (world: World, which: number): World => {
  const { returned, sent, stream } = world;
  if (!stream || stream.isBroken || sent <= returned) return world;
  const number = sent - (which % (sent - returned));
  return put({ ...world, returned: number }, { kind: 'heartbeatReturned', number });
};

type Outcome = () => World;

const successes = (world: World): Outcome[] => {
  const { stream } = world;
  const reopened = () =>
    stream ? put({ ...world, stream: { ...stream, isBroken: false } }, { ...opened(world, stream.order) }) : world;
  return [...world.jobs.map((job) => () => succeed(world, job)), ...(stream?.isBroken ? [reopened] : [])];
};

const opened = ({ sent }: World, order: number): Input => ({ kind: 'opened', order, nextBeat: sent + 1 });

const succeed = (world: World, job: Job): World => {
  const { order } = job;
  const { first, wanted } = world;
  switch (job.kind) {
    case 'join':
      return answer(world, job, { kind: 'joined', order, partitions: wanted, first });
    case 'open':
      return answer(world, job, opened(world, order));
    case 'restore':
      return answer(world, job, restored(world, order, restoredBy(world, job)));
    case 'handOver':
      return answer({ ...world, handedOver: true }, job, { kind: 'handedOver', first, unsaved: world.tableServed });
    case 'end':
      return answer(world, job, { kind: 'ended', order });
  }
};

const restored = ({ sent }: World, order: number, partitions: Numbers): Input => ({
  ...{ kind: 'restored', order, partitions, position: somePosition, nextBeat: sent + 1 },
});

const faults = (world: World): Outcome[] => [
  ...world.jobs.flatMap((job) => jobFaults(world, job)),
  ...(world.stream ? streamFaults(world, world.stream.order) : []),
];

const jobFaults = (world: World, job: Job): Outcome[] => {
  const { order } = job;
  if (job.kind === 'open')
    return [
      () => answer(world, job, { kind: 'streamFailed', order }),
      () => answer(losePlace(world), job, { kind: 'placeLost', order }),
    ];
  if (job.kind !== 'restore') return [];
  const failed = () => answer(world, job, { kind: 'restoreFailed', order });
  if (job.mode === 'resume') return [failed, () => answer(world, job, { kind: 'unplaced', order })];
  // in the second outcome the pending events of the first partition overflowed
  return job.mode === 'rescan'
    ? [failed]
    : [failed, () => answer(world, job, restored(world, order, restoredBy(world, job).slice(1)))];
};

const streamFaults = (world: World, order: number): Outcome[] => [
  () =>
    put(world.stream ? { ...world, stream: { ...world.stream, isBroken: true } } : world, { kind: 'broken', order }),
  () => put({ ...world, stream: undefined }, { kind: 'streamFailed', order }),
  () => put(losePlace(world), { kind: 'placeLost', order }),
  () => put(losePlace(world), { kind: 'deaf', order }),
];

// the answer of work that was cancelled
const putStale = (world: World, { which, order }: { which: number; order: number }): World => {
  const open = [...world.jobs.map((job) => job.order), world.stream?.order];
  if (open.includes(order) || order > world.lifecycle.order) return world;
  const stale: Input[] = [
    { kind: 'joined', order, partitions: [0, 1, 2, 3], first: [0, 1, 2, 3] },
    restored(world, order, [0, 1, 2, 3]),
    { kind: 'restoreFailed', order },
    { kind: 'unplaced', order },
    opened(world, order),
    { kind: 'broken', order },
    { kind: 'placeLost', order },
    { kind: 'deaf', order },
    { kind: 'streamFailed', order },
    { kind: 'ended', order },
  ];
  const input = pick(stale, which);
  return input ? put(world, input) : world;
};
