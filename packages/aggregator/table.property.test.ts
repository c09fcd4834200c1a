import { absent, type Command, decide, defineRecord, type Fields, fold, parseEvent, type State } from '@muster/model';
import type { Position, StoredEvent } from '@muster/store';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import {
  applyEvent,
  beginPending,
  countActive,
  endPending,
  findState,
  keepPending,
  listActive,
  listThings,
  loadEntry,
  openTable,
  type Partition,
  putBackUnsaved,
  type Table,
  takeUnsaved,
} from './table.ts';
import { idOf } from './things.ts';

const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { text: Joi.string(), size: Joi.number() },
});
const entities = new Map([[thing.name, thing]]);

const commandOf = (name: string, input: Fields = {}): Command => {
  const type = thing.commands.get(name);
  if (!type) throw new Error(`A thing has no command ${name}`);
  return { type, input };
};

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ text: fc.string(), size: fc.integer() }).map((input) => commandOf('create', input)),
  fc.record({ size: fc.integer() }).map((input) => commandOf('update', input)),
  fc.constant(commandOf('delete')),
);
const asked = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), command }), { maxLength: 60 });

/** Returns the events of these commands, in the order of the log. */
const logOf = (commands: { id: string; command: Command }[]): StoredEvent[] => {
  const states = new Map<string, State>();
  const log: StoredEvent[] = [];
  for (const { id, command: next } of commands) {
    const state = states.get(id) ?? absent;
    const at = new Date(1_000 + log.length);
    const decision = decide(thing, next, state, at);
    if (decision.kind !== 'event') continue;
    const { type, data } = decision.event;
    const event: StoredEvent = {
      _id: `${id}-${state.version + 1}`,
      entity: thing.name,
      entityId: id,
      version: state.version + 1,
      partition: id === 'a' || id === 'b' ? 0 : 1,
      type,
      data,
      at,
      meta: { requestId: 'test' },
    };
    log.push(event);
    states.set(id, decision.next);
  }
  return log;
};

const parsed = (events: StoredEvent[]) =>
  events.flatMap((stored) => {
    const one = parseEvent(thing, stored);
    return one.kind === 'event' ? [one.event] : [];
  });

const expectTable = (table: Table, log: StoredEvent[]) => {
  for (const partition of table.values()) {
    const own = log.filter((event) => event.partition === partition.number);
    const ids = [...new Set(own.map(({ entityId }) => entityId))];
    const states = ids.map((id) => fold(thing, parsed(own.filter(({ entityId }) => entityId === id))));
    expect(ids.map((id) => findState(partition, thing.name, id))).to.deep.equal(states);
    const all = ids.map((id, index): [string, State] => [id, states[index] ?? absent]).sort();
    expect(listThings(partition, thing.name, '', 100)).to.deep.equal(all);
    expect(listActive(partition, thing.name, 0, 100)).to.deep.equal(
      all.filter(([, { status }]) => status === 'active'),
    );
    expect(partition.events).to.equal(own.length);
    expect(countActive(partition, thing.name)).to.equal(states.filter(({ status }) => status === 'active').length);
  }
};

const applyAll = (table: Table, events: StoredEvent[]) =>
  events.map((event) => applyEvent(table, entities, event, undefined).kind);

describe('The table of states', () => {
  it('equals the fold of the log, and the second application of an event changes nothing', () =>
    fc.assert(
      fc.property(asked, (commands) => {
        const log = logOf(commands);
        const table = openTable([0, 1]);
        expect(applyAll(table, log).every((kind) => kind === 'applied')).to.equal(true);
        expect(applyAll(table, log).every((kind) => kind === 'known')).to.equal(true);
        expectTable(table, log);
      }),
    ));

  it('equals a snapshot plus an overlapping tail, at every cut', () =>
    fc.assert(
      fc.property(asked, fc.nat(), fc.nat(), (commands, cut, overlap) => {
        const log = logOf(commands);
        const at = log.length === 0 ? 0 : cut % log.length;
        const table = openTable([0, 1]);
        const snapshot = openTable([0, 1]);
        applyAll(snapshot, log.slice(0, at));
        for (const partition of snapshot.values()) {
          const into = table.get(partition.number);
          for (const [id, state] of listThings(partition, thing.name, '', 100))
            if (into) loadEntry(into, thing, { id, version: state.version, state });
        }
        applyAll(table, log.slice(Math.max(0, at - (overlap % 10))));
        expectTable(table, log);
      }),
    ));

  it('marks applied entries as changed, and loaded ones not', () => {
    const table = openTable([0, 1]);
    const [first] = logOf([{ id: 'a', command: commandOf('create', { text: 'x', size: 1 }) }]);
    const partition = table.get(0);
    if (!partition || !first) throw new Error('Cannot test without partition 0 and an event');
    const [createdAt, updatedAt] = [new Date(), new Date()];
    const state = { status: 'active', version: 3, fields: { text: 'y', size: 2 }, createdAt, updatedAt } as const;
    loadEntry(partition, thing, { id: 'b', version: 3, state });
    expect(partition.changed.size).to.equal(0);
    applyAll(table, [first, first]);
    expect([...partition.changed.keys()].map((number) => idOf(partition.things, number))).to.deep.equal(['a']);
  });

  it('keeps up to 200,000 events of a partition that is being restored', () => {
    const [event] = logOf([{ id: 'a', command: commandOf('create', { text: 'x', size: 1 }) }]) as [StoredEvent];
    const table = openTable([0]);
    const [restoring] = beginPending(table, [1]) as [Partition];
    expect(keepPending(table.get(0) as Partition, event)).to.equal(false);
    expect(keepPending(restoring, event)).to.equal(true);
    expect(restoring.pending).to.deep.equal([event]);
    for (let kept = 1; kept <= 200_000; kept += 1) keepPending(restoring, event);
    expect(restoring.pending).to.equal('overflowed');
    endPending(restoring);
    expect(keepPending(restoring, event)).to.equal(false);
  });

  it('has the same unsaved changes after a failed snapshot, with the later position of two', () => {
    const log = logOf([
      { id: 'a', command: commandOf('create', { text: 'x', size: 1 }) },
      { id: 'b', command: commandOf('create', { text: 'y', size: 1 }) },
      { id: 'a', command: commandOf('update', { size: 2 }) },
    ]);
    const [early, late] = ['early', 'late'] as unknown as [Position, Position]; // only the store makes positions
    const table = openTable([0, 1]);
    const partition = table.get(0) as Partition;
    for (const event of log.slice(0, 2)) applyEvent(table, entities, event, early);
    const unsaved = takeUnsaved(partition);
    expect([partition.changed.size, partition.snapshot]).to.deep.equal([0, 1]);
    for (const event of log.slice(2)) applyEvent(table, entities, event, late);
    putBackUnsaved(unsaved);
    const changed = [...partition.changed].map(([number, after]) => [idOf(partition.things, number), after]).sort();
    expect(changed).to.deep.equal([
      ['a', late],
      ['b', early],
    ]);
  });

  it('reports a hole when an earlier event is missing', () => {
    const log = logOf(
      [1, 2, 3].map((size) => ({
        id: 'a',
        command: size === 1 ? commandOf('create', { text: 'x', size }) : commandOf('update', { size }),
      })),
    );
    const table = openTable([0, 1]);
    expect(applyAll(table, log.slice(2))).to.deep.equal(['hole']);
    expect(applyAll(table, log)).to.deep.equal(['applied', 'applied', 'applied']);
  });

  it('parks a stream at an event that does not parse, with all later ones, and applies the other streams', () => {
    const log = logOf([
      { id: 'a', command: commandOf('create', { text: 'x', size: 1 }) },
      { id: 'a', command: commandOf('update', { size: 2 }) },
      { id: 'a', command: commandOf('update', { size: 3 }) },
      { id: 'b', command: commandOf('create', { text: 'y', size: 1 }) },
    ]).map((event) => (event._id === 'a-2' ? { ...event, type: 'ThingExploded' } : event));
    const table = openTable([0, 1]);
    expect(applyAll(table, log)).to.deep.equal(['applied', 'parked', 'parked', 'applied']);
    expect(applyAll(table, log)).to.deep.equal(['known', 'known', 'known', 'known']);
    const partition = table.get(0);
    expect(partition && findState(partition, thing.name, 'a').version).to.equal(1);
    expect([
      partition?.parked.get('thing:a')?.letters.map(({ _id }) => _id),
      partition?.parkedEvents,
      partition?.events,
    ]).to.deep.equal([['a-2', 'a-3'], 2, 2]);
  });
});
