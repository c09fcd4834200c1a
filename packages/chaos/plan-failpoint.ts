import type { FailpointName } from '@muster/runtime';
import { nextRandom, pickFrom } from '@muster/testing';
import type { Fault } from './fault.ts';
import { anyDuration, type Place } from './fault-place.ts';

/** Plans a crash, or a failpoint that throws or pauses, at a random failpoint of a random program. */
export const planFailpoint = (place: Place, kind: 'crash' | 'failpoint'): Fault => {
  const { seeded } = place;
  const isGateway = nextRandom(seeded) < 0.3;
  const target = pickFrom(seeded, isGateway ? place.gateways : place.aggregators);
  const failpoint = isGateway
    ? 'append:after-send'
    : pickFrom(seeded, kind === 'crash' ? crashPoints : [...snapshotPoints, ...restorePoints]);
  const nth = failpoint.startsWith('restore') ? 1 : 1 + Math.floor(nextRandom(seeded) * 3);
  const ms = anyDuration(place, [5_000]);
  if (kind === 'crash') return { kind, target, failpoint, nth, ms };
  const action =
    nextRandom(seeded) < 0.5
      ? ({ kind: 'throw' } as const)
      : ({ kind: 'pause', ms: pickFrom(seeded, [500, 2_500]) } as const);
  return { kind, target, failpoint, action, nth, ms };
};

const snapshotPoints: FailpointName[] = [
  'snapshot:before-records',
  'snapshot:inside-records',
  'snapshot:after-records',
  'snapshot:after-checkpoints',
];
const restorePoints: FailpointName[] = ['restore:after-checkpoints', 'restore:after-records'];

// more often between the records and the checkpoint, where a crash matters most
const crashPoints: FailpointName[] = [
  ...snapshotPoints,
  ...restorePoints,
  'snapshot:after-records',
  'snapshot:after-records',
  'snapshot:after-records',
];
