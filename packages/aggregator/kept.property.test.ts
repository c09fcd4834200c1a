import { absent, applyStored, type Entity, type State } from '@muster/model';
import type { StoredEvent } from '@muster/store';
import { note } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { countsBefore } from './kept.ts';
import {
  applyEvent,
  beginKept,
  countActive,
  evictThings,
  findState,
  isCountedBefore,
  isInMemory,
  noteSaved,
  openTable,
  type Partition,
  recallThing,
  serve,
  type Table,
} from './table.ts';
import { findThing, versionOf } from './things.ts';

const entity: Entity = { ...note, keep: 2 };
const entities = new Map([[entity.name, entity]]);
const startMs = Date.parse('2026-01-01T00:00:00Z');

type Step =
  | { kind: 'write'; id: string; deletes: boolean; afterMs: number }
  | { kind: 'save'; id: string }
  | { kind: 'evict'; most: number }
  | { kind: 'restart'; overlapS: number };

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), id, deletes: fc.boolean(), afterMs: fc.nat(900) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('save' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('evict' as const), most: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), overlapS: fc.integer({ min: 1, max: 4 }) }),
  },
);

/** The log, the records, and one replica of partition 0. */
type World = { log: StoredEvent[]; records: Map<string, State>; table: Table; nowMs: number };

describe('An entity that keeps few states in memory', () => {
  it('has the counts and the states of the log, whatever was evicted, and after every restart', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const world: World = { log: [], records: new Map(), table: openTable([0]), nowMs: startMs };
        begin(world, undefined);
        for (const one of steps) {
          take(world, one);
          expectAll(world);
        }
      }),
    );
  });
});

const partitionIn = ({ table }: World): Partition => table.get(0) as Partition;

const take = (world: World, one: Step) => {
  switch (one.kind) {
    case 'write':
      return write(world, one);
    case 'save':
      return save(world, one.id);
    case 'evict':
      return void evictThings(partitionIn(world), entity, one.most, Number.POSITIVE_INFINITY);
    case 'restart':
      return restart(world, one.overlapS);
  }
};

const write = (world: World, { id: entityId, deletes, afterMs }: Extract<Step, { kind: 'write' }>) => {
  const before = stateIn(world.log, entityId);
  if (before.status === 'deleted') return;
  world.nowMs += afterMs;
  const version = before.version + 1;
  const [type, data] =
    version === 1
      ? ['NoteCreated', { text: 'x', stars: 1 }]
      : deletes
        ? ['NoteDeleted', {}]
        : ['NoteUpdated', { stars: version }];
  const stored: StoredEvent = {
    ...{ _id: `${entityId}-${version}`, entity: entity.name, entityId, version, partition: 0, type, data },
    ...{ at: new Date(world.nowMs), meta: { requestId: 'test' } },
  };
  world.log.push(stored);
  apply(world, stored, version > 1);
};

/** Applies an event as an aggregator does: what is not in memory and may have a record is recalled first. */
const apply = ({ records, table }: World, stored: StoredEvent, mayHaveRecord: boolean) => {
  const partition = table.get(0) as Partition;
  const { entityId, version } = stored;
  const isNeeded = !isInMemory(partition, entity.name, entityId) && !isCountedBefore(partition, entity, stored);
  const saved = records.get(entityId) ?? absent;
  if (isNeeded && mayHaveRecord && (version > 1 || saved.version > 0))
    recallThing(partition, entity, entityId, version - 1, saved);
  applyEvent(table, entities, stored, undefined);
};

const save = (world: World, entityId: string) => {
  const partition = partitionIn(world);
  const number = findThing(partition.things, entity.name, entityId);
  if (number < 0) return;
  world.records.set(entityId, findState(partition, entity.name, entityId));
  noteSaved(partition, number, versionOf(partition.things, number));
};

/** A checkpoint covers what is saved, so everything is saved before it. Then the replica begins with its counts. */
const restart = (world: World, overlapS: number) => {
  for (const entityId of ['a', 'b', 'c', 'd', 'e']) save(world, entityId);
  const since = Math.floor(world.nowMs / 1_000) * 1_000 - overlapS * 1_000;
  const kept = partitionIn(world).kept.get(entity.name);
  const counts = kept && countsBefore(kept, since);
  world.table = openTable([0]);
  begin(world, counts);
};

const begin = (world: World, counts: ReturnType<typeof countsBefore> | undefined) => {
  beginKept(partitionIn(world), entity, counts, counts?.at);
  // a scan brings more than the events after that time
  for (const stored of world.log) apply(world, stored, true);
  serve(world.table, [0], undefined);
};

const stateIn = (log: readonly StoredEvent[], entityId: string): State =>
  log
    .filter((stored) => stored.entityId === entityId)
    .reduce<State>((state, stored) => {
      const applied = applyStored(entity, state, stored);
      return applied.kind === 'state' ? applied.state : state;
    }, absent);

const expectAll = (world: World) => {
  const partition = partitionIn(world);
  const states = ['a', 'b', 'c', 'd', 'e'].map((one) => [one, stateIn(world.log, one)] as const);
  expect(countActive(partition, entity.name)).to.equal(states.filter(([, { status }]) => status === 'active').length);
  expect(partition.events).to.equal(world.log.length);
  for (const [one, state] of states)
    if (isInMemory(partition, entity.name, one)) expect(findState(partition, entity.name, one)).to.deep.equal(state);
    else expect(world.records.get(one) ?? absent).to.deep.equal(state);
};
