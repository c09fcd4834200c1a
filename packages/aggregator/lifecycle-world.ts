import type { Position } from '@muster/store';
import type { Due, From, Input, Lifecycle, RecoveryMode } from './lifecycle.ts';
import { among, type Numbers, without } from './numbers.ts';
import { beginLifecycle, step } from './step.ts';

/**
 * For the property tests of `step`: a small model of the effects, and of what is really in memory. Each function
 * returns the next value.
 */
export type World = {
  lifecycle: Lifecycle;
  jobs: readonly Job[]; // work that has not answered yet
  stream: Stream | undefined; // the change stream that was opened last
  copies: ReadonlyMap<number, Copy>; // the partition table
  made: number; // the number of copies made so far
  sent: number; // the number of the last heartbeat written
  returned: number; // the number of the newest heartbeat that came back
  wanted: Numbers;
  surplus: Numbers;
  first: Numbers;
  tableServed: Numbers;
  handedOver: boolean;
  memberships: number;
  left: number;
  violations: readonly { law: 'serves' | 'saves' | 'restores'; due: Due }[];
};

export type Job =
  | { kind: 'join' | 'end' | 'handOver'; order: number }
  | { kind: 'open'; order: number; partitions: Numbers; from: From }
  | { kind: 'restore'; order: number; mode: RecoveryMode; copies: ReadonlyMap<number, Copy>; brought: Numbers };

type Stream = { order: number; partitions: Numbers; isBroken: boolean };

/** `soundFrom`: when this heartbeat has come back, memory has everything that was in the log before it. */
type Copy = { made: number; soundFrom: number | undefined; isLoaded: boolean; isServed: boolean; isOwned: boolean };

export const openWorld = (): World => {
  const { lifecycle, due } = beginLifecycle();
  const empty: World = {
    ...{
      lifecycle,
      jobs: [],
      stream: undefined,
      copies: new Map(),
      made: 0,
      sent: 0,
      returned: 0,
      left: 0,
      memberships: 0,
    },
    ...{ wanted: [0, 1], surplus: [], first: [0], tableServed: [], handedOver: false, violations: [] },
  };
  return due.reduce(carryOut, empty);
};

/** Returns the world after an input and all work that it makes due. */
export const put = (world: World, input: Input): World => {
  const { lifecycle, due } = step(world.lifecycle, input);
  const next = due.reduce(carryOut, { ...world, lifecycle });
  const tableServed = [...next.copies].filter(([, copy]) => copy.isServed).map(([number]) => number);
  return { ...next, tableServed };
};

/** Returns the world after a job ended with this answer. */
export const answer = (world: World, job: Job, input: Input): World => {
  const rest = { ...world, jobs: world.jobs.filter((one) => one !== job) };
  const isFailure = input.kind !== 'restored' && input.kind !== 'opened';
  return put(isFailure ? rest : withDone(rest, job, input), input);
};

/** The change stream ends, and memory misses the events after it. */
export const losePlace = (world: World): World => ({
  ...withCopies(world, (copy) => ({ ...copy, soundFrom: undefined, isLoaded: false })),
  stream: undefined,
});

const withDone = (world: World, job: Job, input: Input): World => {
  const soundFrom = world.sent + 1;
  if (job.kind === 'open')
    return withCopies(
      { ...world, stream: { order: job.order, partitions: job.partitions, isBroken: false } },
      (copy, number) =>
        job.from.kind === 'position' && copy.isLoaded && job.partitions.includes(number)
          ? { ...copy, soundFrom: copy.soundFrom ?? soundFrom }
          : copy,
    );
  if (job.kind !== 'restore' || input.kind !== 'restored') return world;
  return withCopies(world, (copy, number) => {
    if (job.copies.get(number)?.made !== copy.made || !input.partitions.includes(number)) return copy;
    if (job.mode === 'resume') return { ...copy, isLoaded: true };
    return job.brought.includes(number) ? { ...copy, soundFrom: copy.soundFrom ?? soundFrom } : copy;
  });
};

const carryOut = (world: World, due: Due): World => {
  switch (due.do) {
    case 'beginMembership':
      return { ...world, copies: new Map(), sent: 0, returned: 0, memberships: world.memberships + 1 };
    case 'join':
      return { ...world, jobs: [...world.jobs, { kind: 'join', order: due.order }] };
    case 'hold':
      return makeCopies(world, due.partitions);
    case 'rebalance':
      return makeCopies(dropCopies(world, due.dropped), due.added);
    case 'restore':
      return beginRestore(judge(world, due, 'restores', due.partitions, isNeeded), due);
    case 'cancelRestore':
      return { ...world, jobs: world.jobs.filter(({ kind }) => kind !== 'restore') };
    case 'openStream':
      return beginStream(world, due);
    case 'beat':
    case 'announce':
      return { ...world, sent: world.sent + 1 };
    case 'serve':
      return withCopies(judge(world, due, 'serves', due.partitions, isSound), (copy, number) =>
        due.partitions.includes(number) ? { ...copy, isServed: true } : copy,
      );
    case 'own':
      return withCopies(judge(world, due, 'saves', due.partitions, isFirst), (copy, number) => ({
        ...copy,
        isOwned: due.partitions.includes(number),
      }));
    case 'save':
      return judge(world, due, 'saves', due.partitions, isSavable);
    case 'leave':
      return { ...judge(world, due, 'saves', due.save, isSavable), left: world.left + 1, jobs: [] };
    case 'handOver':
      return { ...world, jobs: [...world.jobs, { kind: 'handOver', order: 0 }] };
    case 'expire':
      return { ...world, stream: undefined, copies: new Map(), jobs: [{ kind: 'end', order: due.order }] };
    case 'endWork':
      return { ...world, stream: undefined, jobs: [{ kind: 'end', order: due.order }] };
    case 'greetAnew':
    case 'reconcile':
      return world;
  }
};

// a `rebalance` restore begins with empty copies
const beginRestore = (world: World, due: Extract<Due, { do: 'restore' }>): World => {
  const { order, mode, partitions } = due;
  const begun = mode === 'rebalance' ? makeCopies(world, partitions) : world;
  const copies = new Map([...begun.copies].filter(([number]) => partitions.includes(number)));
  const brought = begun.stream?.partitions ?? [];
  return { ...begun, jobs: [...begun.jobs, { kind: 'restore', order, mode, copies, brought }] };
};

// A stream from now misses the events since the former stream. A stream from the last heartbeat misses events only of
// partitions that the former stream did not have.
const beginStream = (world: World, due: Extract<Due, { do: 'openStream' }>): World => {
  const { order, partitions, from } = due;
  const jobs: Job[] = [...world.jobs.filter(({ kind }) => kind !== 'open'), { kind: 'open', order, partitions, from }];
  const isGone = (number: number) => from.kind === 'now' || !partitions.includes(number);
  return withCopies({ ...world, jobs, stream: undefined }, (copy, number) =>
    isGone(number) ? { ...copy, soundFrom: undefined } : copy,
  );
};

const makeCopies = (world: World, numbers: Numbers): World => {
  const copies = new Map(world.copies);
  for (const [at, number] of numbers.entries())
    copies.set(number, {
      made: world.made + at,
      soundFrom: undefined,
      isLoaded: false,
      isServed: false,
      isOwned: false,
    });
  return { ...world, copies, made: world.made + numbers.length };
};

const dropCopies = (world: World, numbers: Numbers): World => ({
  ...world,
  copies: new Map([...world.copies].filter(([number]) => !numbers.includes(number))),
});

const withCopies = (world: World, change: (copy: Copy, number: number) => Copy): World => ({
  ...world,
  copies: new Map([...world.copies].map(([number, copy]) => [number, change(copy, number)])),
});

/** Adds a violation unless all of these partitions satisfy the law. */
const judge = (
  world: World,
  due: Due,
  law: World['violations'][number]['law'],
  partitions: Numbers,
  isRight: (copy: Copy, world: World, number: number) => boolean,
): World => {
  const right = [...world.copies].filter(([number, copy]) => isRight(copy, world, number)).map(([number]) => number);
  if (without(partitions, right).length === 0) return world;
  return { ...world, violations: [...world.violations, { law, due }] };
};

const isSound = ({ soundFrom }: Copy, { returned }: World) => soundFrom !== undefined && returned >= soundFrom;
// a leaving aggregator keeps what it owned and also saves what may be unsaved
const isFirst = (copy: Copy, { first, lifecycle }: World, number: number) =>
  copy.isServed && (lifecycle.phase === 'leaving' || first.includes(number));
const isSavable = (copy: Copy, world: World) => copy.isOwned && copy.isServed && isSound(copy, world);
const isNeeded = (copy: Copy, world: World) => !(copy.isServed && isSound(copy, world));

/** The partitions of a restore whose copies are still those with which it began. */
export const restoredBy = (world: World, job: Extract<Job, { kind: 'restore' }>): Numbers => {
  const held = [...world.copies].filter(([number, copy]) => job.copies.get(number)?.made === copy.made);
  return among(
    held.map(([number]) => number),
    [...job.copies.keys()],
  );
};

/** A position that the tests only pass on. */
export const somePosition = {} as Position;
