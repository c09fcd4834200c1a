import { pickFrom, type Seeded } from '@muster/testing';
import type { NetworkFaultKind } from './fault.ts';
import type { NetworkFault } from './fault-proxy.ts';

/** Plans what a fault of this kind does to its link. The seeded random numbers decide its strength. */
export const planNetwork = (seeded: Seeded, kind: NetworkFaultKind): NetworkFault => {
  switch (kind) {
    case 'delay':
      return { delayMs: pickFrom(seeded, [20, 80, 300]), jitterMs: pickFrom(seeded, [0, 20, 200]) };
    case 'bandwidth':
      return { bytesPerSecond: pickFrom(seeded, [20_000, 100_000]) };
    case 'slice':
      return { sliceBytes: pickFrom(seeded, [1, 7, 100]) };
    case 'black-hole':
      return { blackHole: 'both' };
    case 'one-way':
      return { blackHole: pickFrom(seeded, ['up', 'down']) };
    case 'reset':
      return {};
    case 'refuse':
      return { refuse: true };
    case 'cut':
      return { cutAfterBytes: pickFrom(seeded, [1_000, 20_000, 100_000]) };
  }
};
