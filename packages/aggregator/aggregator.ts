import type { Entity } from '@muster/model';
import { Counter, Gauge, type Logger, type Registry } from '@muster/runtime';
import type { AggregatorState, Log } from '@muster/store';
import { type Heart, lagMs, openHeart } from './heart.ts';
import { type Membership, openMembership } from './open-membership.ts';
import type { Settings } from './settings.ts';
import { openTable, type Table } from './table.ts';
import { openWaiting, type Waiting } from './waiting.ts';

/** All that an aggregator is: made in `main`, handed along. The mutable parts are the table, the heart, the membership, the waiting requests
 * and the progress. */
export type Aggregator = {
  name: string;
  settings: Settings;
  entities: ReadonlyMap<string, Entity>;
  log: Log;
  logger: Logger;
  table: Table;
  heart: Heart;
  membership: Membership;
  waiting: Waiting;
  progress: Progress;
  metrics: Metrics;
};

/** Where the process stands; times on the monotonic clock. */
export type Progress = {
  state: AggregatorState;
  streamOpen: boolean;
  openedAt: number; // when it was opened last
  beating: boolean; // the last heartbeat could be written
  address: string;
  healthPort: number;
  startedAt: Date;
  unsaved: number; // events processed since the last snapshot was taken
  unsavedSince: number | undefined; // when the oldest of them was
  snapshotting: boolean;
  restUntil: number; // no snapshot is taken before
  checkpointedAt: number; // when the checkpoints of unchanged partitions were last saved
  moved: boolean; // the change stream is to bring other partitions
  watched: readonly number[]; // those that it brings
  // the membership in which partitions are being restored beside those that are served
  warmingUp: AbortSignal | undefined;
};

export type Metrics = ReturnType<typeof openAggregatorMetrics>;

export const openAggregator = (
  parts: Pick<Aggregator, 'name' | 'settings' | 'log' | 'logger'> & { entities: readonly Entity[]; registry: Registry },
): Aggregator => {
  const { registry, entities, ...given } = parts;
  const heart = openHeart(given.name);
  const table = openTable([]);
  return {
    ...given,
    entities: new Map(entities.map((entity) => [entity.name, entity])),
    table,
    heart,
    membership: openMembership(),
    waiting: openWaiting(),
    progress: {
      state: 'restoring',
      streamOpen: false,
      openedAt: 0,
      beating: true,
      address: '',
      healthPort: 0,
      startedAt: new Date(),
      unsaved: 0,
      unsavedSince: undefined,
      snapshotting: false,
      restUntil: 0,
      // the first snapshot in service is of all partitions: from then on a token reaches everywhere
      checkpointedAt: Number.NEGATIVE_INFINITY,
      moved: false,
      watched: [],
      warmingUp: undefined,
    },
    metrics: openAggregatorMetrics(registry, heart, table),
  };
};

const openAggregatorMetrics = (registry: Registry, heart: Heart, table: Table) => {
  const registers = [registry];
  const sumOf = (measure: (partition: import('./table.ts').Partition) => number) =>
    [...table.values()].reduce((sum, partition) => sum + measure(partition), 0);
  new Gauge({
    name: 'muster_lag_seconds',
    help: 'Age of the last own heartbeat that came back',
    registers,
    collect() {
      this.set(lagMs(heart) / 1_000);
    },
  });
  new Gauge({
    name: 'muster_changed_records',
    help: 'Records changed since the last snapshot, of what this aggregator saves',
    registers,
    collect() {
      this.set(sumOf(({ owned, changed }) => (owned ? changed.size : 0)));
    },
  });
  new Gauge({
    name: 'muster_kept_records',
    help: 'Changed records that others save, kept until a later checkpoint shows that they have',
    registers,
    collect() {
      this.set(sumOf(({ owned, changed }) => (owned ? 0 : changed.size)));
    },
  });
  new Gauge({
    name: 'muster_parked_streams',
    help: 'Streams with an event that could not be understood',
    registers,
    collect() {
      this.set(sumOf((partition) => partition.parked.size));
    },
  });
  new Gauge({
    name: 'muster_partitions_served',
    help: 'Partitions restored and served',
    registers,
    collect() {
      this.set(sumOf((partition) => Number(partition.served)));
    },
  });
  new Gauge({
    name: 'muster_partitions_owned',
    help: 'Partitions that this aggregator saves',
    registers,
    collect() {
      this.set(sumOf((partition) => Number(partition.owned)));
    },
  });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `muster_${name}_total`, help, labelNames, registers });
  return {
    applied: counter('events_applied', 'Events applied to a state'),
    known: counter('events_known', 'Events dropped since they had been applied before'),
    holes: counter('holes', 'Holes in a stream that were filled from the log'),
    reads: counter('reads', 'Reads answered', ['kind']),
    snapshots: counter('snapshots', 'Snapshots, by outcome', ['outcome']),
    saved: counter('records_saved', 'Records saved in snapshots'),
    restores: counter('restores', 'Restores, by road', ['road']),
    reopened: counter('streams_reopened', 'Change streams opened after the first, for whatever reason'),
    leasesExpired: counter('leases_expired', 'Leases that expired while others went on'),
    repaired: counter('streams_repaired', 'Streams that were behind the log after a restore and were repaired'),
  };
};
