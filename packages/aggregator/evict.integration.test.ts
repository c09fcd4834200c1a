import type { Entity } from '@muster/model';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { moveOn } from './course.ts';
import { evictKept } from './evict.ts';
import type { Serving } from './lifecycle.ts';
import { rescan } from './step-restoring.ts';
import type { Partition } from './table.ts';
import { beginKept } from './table.ts';
import { openOwner } from './test-owner.ts';

const entity: Entity = { ...note, keep: 1 };

describe('What left memory', () => {
  it('is not forgotten while a scan looks for missed events, whatever heartbeat comes back', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log, entity);
    const partition = aggregator.table.get(0) as Partition;
    beginKept(partition, entity);
    const heartbeat = { aggregator: 'a', beat: 'b:1', at: new Date(), position: 'p' };
    Object.assign(aggregator.heart, { last: heartbeat, lastAt: performance.now() });
    const stream = { order: 1, partitions: [0], state: 'open' } as const;
    const serving: Serving = { phase: 'serving', order: 1, served: [0], first: [0], stream, failures: 0 };
    const since = () => partition.kept.get(entity.name)?.evictedSince;
    moveOn(aggregator.course, rescan(serving, 0).lifecycle);
    evictKept(aggregator);
    expect(since()).to.equal(Number.NEGATIVE_INFINITY);
    moveOn(aggregator.course, serving);
    evictKept(aggregator);
    expect(since()).to.be.above(0).and.below(Date.now());
  });
});
