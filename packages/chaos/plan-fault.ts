import { pickFrom } from '@muster/testing';
import type { Fault, FaultKind, NetworkFaultKind } from './fault.ts';
import { anyDuration, anyLink, anyProgram, type Place } from './fault-place.ts';
import { planFailpoint } from './plan-failpoint.ts';
import { planNetwork } from './plan-network.ts';

/** Plans a fault of this kind. The seeded random numbers decide its target, duration and strength. */
export const planFault = (place: Place, kind: FaultKind): Fault => {
  switch (kind) {
    case 'kill':
    case 'term':
    case 'pause':
      return planSignal(place, kind);
    case 'delay':
    case 'bandwidth':
    case 'slice':
    case 'black-hole':
    case 'one-way':
    case 'reset':
    case 'refuse':
    case 'cut':
      return planLinkFault(place, kind);
    case 'crash':
    case 'failpoint':
      return planFailpoint(place, kind);
    case 'clock':
      return planClock(place);
    case 'database-kill':
    case 'database-pause':
    case 'disk':
    case 'disorder':
      return planDatabaseFault(place, kind);
    case 'oplog':
      return planOplog(place);
  }
};

const planSignal = (place: Place, kind: 'kill' | 'term' | 'pause'): Fault => {
  const durationsMs = { kill: [0, 0, 1_000, 4_000, 12_000], term: [500, 2_000], pause: [1_000, 1_000, 10_000, 40_000] };
  return { kind, target: anyProgram(place), ms: anyDuration(place, durationsMs[kind]) };
};

const planLinkFault = (place: Place, kind: NetworkFaultKind): Fault => {
  const target = anyLink(place);
  const network = planNetwork(place.seeded, kind);
  return { kind, target, network, ms: anyDuration(place, [2_000, 4_000, 8_000]) };
};

const planClock = (place: Place): Fault => {
  const target = anyProgram(place);
  const jumpMs = pickFrom(place.seeded, [-600_000, -30_000, -3_000, 3_000, 30_000, 600_000]);
  return { kind: 'clock', target, jumpMs, ms: anyDuration(place, [3_000]) };
};

const planDatabaseFault = (place: Place, kind: 'database-kill' | 'database-pause' | 'disk' | 'disorder'): Fault => {
  if (kind === 'disorder') return { kind, target: 'mongodb', ms: 500 };
  const durationsMs = kind === 'database-kill' ? [0, 3_000] : [1_000, 4_000, 10_000];
  return { kind, target: 'mongodb', ms: anyDuration(place, durationsMs) };
};

const planOplog = (place: Place): Fault => {
  const { aggregators, seeded } = place;
  const target = pickFrom(seeded, aggregators);
  const how = pickFrom(seeded, ['paused', 'down'] as const);
  return { kind: 'oplog', target, how, ms: anyDuration(place, [2_000]) };
};
