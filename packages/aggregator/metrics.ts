import { Counter, openGauge, type Registry } from '@muster/runtime';
import { type Heart, lagMs } from './heart.ts';
import type { Partition, Table } from './table.ts';

/** What an aggregator counts. */
export type Metrics = ReturnType<typeof openCounters>;

/** Registers the figures of an aggregator: those that are read off its memory, and those that it counts. */
export const openAggregatorMetrics = (registry: Registry, heart: Heart, table: Table): Metrics => {
  openGauge(registry, 'muster_lag_seconds', 'Age of the last own heartbeat that came back', () => lagMs(heart) / 1_000);
  for (const [name, help, measure] of partitionGauges) openGauge(registry, name, help, () => sumOf(table, measure));
  return openCounters(registry);
};

const partitionGauges: [name: string, help: string, measure: (partition: Partition) => number][] = [
  [
    'muster_changed_records',
    'Records changed since the last snapshot, of what this aggregator saves',
    ({ owned, changed }) => (owned ? changed.size : 0),
  ],
  [
    'muster_kept_records',
    'Changed records that others save, kept until a later checkpoint shows that they have',
    ({ owned, changed }) => (owned ? 0 : changed.size),
  ],
  ['muster_parked_streams', 'Streams with an event that could not be understood', ({ parked }) => parked.size],
  ['muster_partitions_served', 'Partitions restored and served', ({ served }) => Number(served)],
  ['muster_partitions_owned', 'Partitions that this aggregator saves', ({ owned }) => Number(owned)],
];

const sumOf = (table: Table, measure: (partition: Partition) => number): number =>
  [...table.values()].reduce((sum, partition) => sum + measure(partition), 0);

const openCounters = (registry: Registry) => {
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `muster_${name}_total`, help, labelNames, registers: [registry] });
  return {
    applied: counter('events_applied', 'Events applied to a state'),
    known: counter('events_known', 'Events dropped since they had been applied before'),
    holes: counter('holes', 'Holes in a stream that were filled from the log'),
    reads: counter('reads', 'Reads answered', ['kind']),
    snapshots: counter('snapshots', 'Snapshots, by outcome', ['outcome']),
    saved: counter('records_saved', 'Records saved in snapshots'),
    restores: counter('restores', 'Restores, by recovery mode', ['mode']),
    reopened: counter('streams_reopened', 'Change streams opened after the first, for whatever reason'),
    leasesExpired: counter('leases_expired', 'Leases that expired while others went on'),
    repaired: counter('streams_repaired', 'Streams that were behind the log after a restore and were repaired'),
  };
};
