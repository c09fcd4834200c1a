import type { Entity } from '@muster/model';
import { openLogger, openMetrics } from '@muster/runtime';
import { type Log, watchLog } from '@muster/store';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { seeHeartbeat } from './heart.ts';
import { beat, beginMembership, join } from './membership.ts';
import { parseAggregatorSettings } from './settings.ts';
import { holdPartitions, own, serve } from './table.ts';

/** Opens an aggregator for a test that owns partition 0 of a log and has seen a heartbeat of its own. */
export const openOwner = async (log: Log, entity: Entity): Promise<Aggregator> => {
  const name = 'aggregator-0';
  const parsed = parseAggregatorSettings({
    MONGODB_URI: 'mongodb://127.0.0.1/',
    CLUSTER_SECRET: 'a secret of the tests',
  });
  if (parsed.kind !== 'settings') throw new Error(parsed.problems.join());
  const about = { name, logger: openLogger(name, 'silent'), registry: openMetrics(name) };
  const aggregator = openAggregator({ ...about, settings: parsed.settings, entities: [entity], log });
  beginMembership(aggregator);
  await join(aggregator);
  const end = new AbortController();
  for await (const seen of watchLog(log, { partitions: [0], from: undefined, signal: end.signal, pauseMs: () => 10 })) {
    if (seen.kind === 'opened') await beat(aggregator);
    if (seen.kind === 'heartbeat' && seeHeartbeat(aggregator.heart, seen.heartbeat)) break;
  }
  holdPartitions(aggregator.table, [0]);
  serve(aggregator.table, [0], undefined);
  own(aggregator.table, [0]);
  return aggregator;
};
