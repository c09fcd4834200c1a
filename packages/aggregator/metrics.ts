import { Counter, openGauge, type Registry } from '@muster/runtime';
import { type Heart, lagMs } from './heart.ts';
import type { Partition, Table } from './table.ts';

/** The counters of an aggregator. */
export type Metrics = ReturnType<typeof openCounters>;

/** Registers the gauges and counters of an aggregator. Returns the counters. */
export const openAggregatorMetrics = (registry: Registry, heart: Heart, table: Table): Metrics => {
  openGauge(
    registry,
    'muster_lag_seconds',
    'Age of the last own heartbeat that came back, in seconds',
    () => lagMs(heart) / 1_000,
  );
  for (const [name, help, measure] of partitionGauges) openGauge(registry, name, help, () => sumOf(table, measure));
  return openCounters(registry);
};

const partitionGauges: [name: string, help: string, measure: (partition: Partition) => number][] = [
  [
    'muster_changed_records',
    'Records changed since the last snapshot in partitions that this aggregator saves',
    ({ owned, changed }) => (owned ? changed.size : 0),
  ],
  [
    'muster_kept_records',
    'Changed records in partitions that others save, kept until a checkpoint covers them',
    ({ owned, changed }) => (owned ? 0 : changed.size),
  ],
  ['muster_states_kept', 'States of entities with keep that are in memory', ({ kept }) => sizeOf(kept)],
  ['muster_parked_streams', 'Streams with an event that does not parse', ({ parked }) => parked.size],
  ['muster_partitions_served', 'Partitions that this aggregator serves', ({ served }) => Number(served)],
  ['muster_partitions_owned', 'Partitions that this aggregator saves', ({ owned }) => Number(owned)],
];

const sizeOf = (kept: Partition['kept']): number =>
  [...kept.values()].reduce((sum, { touched }) => sum + touched.size, 0);

const sumOf = (table: Table, measure: (partition: Partition) => number): number =>
  [...table.values()].reduce((sum, partition) => sum + measure(partition), 0);

const openCounters = (registry: Registry) => {
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `muster_${name}_total`, help, labelNames, registers: [registry] });
  return {
    applied: counter('events_applied', 'Events applied to a state'),
    known: counter('events_known', 'Events skipped because they were applied before'),
    holes: counter('holes', 'Gaps in a stream that were filled from the log'),
    reads: counter('reads', 'Reads answered', ['kind']),
    snapshots: counter('snapshots', 'Snapshots by outcome', ['outcome']),
    saved: counter('records_saved', 'Records saved in snapshots'),
    restores: counter('restores', 'Restores by recovery mode', ['mode']),
    reopened: counter('streams_reopened', 'Change streams opened after the first one, for any reason'),
    leasesExpired: counter('leases_expired', 'Leases that expired while other members renewed theirs'),
    evicted: counter('states_evicted', 'States of entities with keep that left memory'),
    recalled: counter('states_recalled', 'States of entities with keep that came back into memory for an event'),
    repaired: counter('streams_repaired', 'Streams that were behind the log after a restore, and were repaired'),
  };
};
