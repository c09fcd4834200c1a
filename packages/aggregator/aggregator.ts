import type { Entity } from '@muster/model';
import type { Logger, Registry } from '@muster/runtime';
import type { Log } from '@muster/store';
import { type Course, openCourse } from './course.ts';
import { type Heart, openHeart } from './heart.ts';
import { type LongQueries, openLongQueries } from './long-queries.ts';
import { type Metrics, openAggregatorMetrics } from './metrics.ts';
import { type Membership, openMembership } from './open-membership.ts';
import { openProgress, type Progress } from './progress.ts';
import type { Settings } from './settings.ts';
import { openTable, type Table } from './table.ts';
import { openWaiting, type Waiting } from './waiting.ts';

/** All values of an aggregator, passed to its functions. Each mutable value is changed by one file only. */
export type Aggregator = {
  name: string;
  settings: Settings;
  entities: ReadonlyMap<string, Entity>;
  keeps: boolean; // some entity has `keep`
  log: Log;
  logger: Logger;
  table: Table;
  heart: Heart;
  membership: Membership;
  waiting: Waiting;
  queries: LongQueries;
  reading: { count: number }; // how many records are being read; only read-record.ts changes it
  progress: Progress;
  course: Course;
  metrics: Metrics;
};

/** Makes a new aggregator that is not a member yet. */
export const openAggregator = (
  parts: Pick<Aggregator, 'name' | 'settings' | 'log' | 'logger'> & { entities: readonly Entity[]; registry: Registry },
): Aggregator => {
  const { registry, entities, ...given } = parts;
  const heart = openHeart(given.name);
  const table = openTable([]);
  return {
    ...given,
    entities: new Map(entities.map((entity) => [entity.name, entity])),
    keeps: entities.some(({ keep }) => keep !== undefined),
    table,
    heart,
    membership: openMembership(),
    waiting: openWaiting(),
    queries: openLongQueries(),
    reading: { count: 0 },
    progress: openProgress(),
    course: openCourse(),
    metrics: openAggregatorMetrics(registry, heart, table),
  };
};
