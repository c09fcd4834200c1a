import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '@muster/model';
import { given } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { readEntryTime } from './entry-time.ts';
import { type Entry, idOfName, mergeRecords, type RecordState, record } from './record.ts';

const timestamp = fc.oneof(
  fc.nat(5),
  fc.constantFrom('1970-01-01T00:00:00.003Z', '1970-01-01T00:00:00.003', '1970-01-01', '2026-01-01T00:00:00Z'),
);
const entry: fc.Arbitrary<Entry> = fc.record({ author: fc.constantFrom('ada', 'bob'), timestamp });
type Step = { kind: 'add'; entry: Entry } | { kind: 'remove' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), entry }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'remove' }) },
);

const first = { type: 'RecordOpened', data: { name: 'x', author: 'eve', timestamp: 0 } } as const;

/** The state after these steps, by the commands of the entity. */
const stateOf = (steps: readonly Step[]): RecordState => {
  const at = new Date(0);
  let state: RecordState = { name: 'x', entries: [{ author: 'eve', timestamp: 0 }] };
  for (const one of steps) {
    const command = record.commands.get(one.kind === 'add' ? 'update' : 'remove');
    const input = one.kind === 'add' ? { name: 'x', ...one.entry } : {};
    const decided = command?.decide(input, state, at, { site: '' });
    if (!decided || decided.kind !== undefined) continue;
    const next = record.events.get(decided.type)?.evolve(state, { ...decided, version: 2, at });
    state = next as RecordState;
  }
  return state;
};
const state = fc.array(step, { maxLength: 8 }).map(stateOf);

describe('The merge of records', () => {
  it('does not depend on the order, and changes nothing the second time', () => {
    fc.assert(
      fc.property(state, state, state, (a, b, c) => {
        expect(mergeRecords(a, b)).to.deep.equal(mergeRecords(b, a));
        expect(mergeRecords(mergeRecords(a, b), c)).to.deep.equal(mergeRecords(a, mergeRecords(b, c)));
        expect(mergeRecords(a, a)).to.deep.equal(a);
        expect(mergeRecords(mergeRecords(a, b), b)).to.deep.equal(mergeRecords(a, b));
      }),
    );
  });

  it('loses no entry, and no removal', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const merged = mergeRecords(a, b);
        const all = [...a.entries, ...b.entries];
        const removedAt = Math.max(...[a, b].map((one) => one.removedAt ?? -1));
        expect(merged.removedAt ?? -1).to.equal(removedAt);
        for (const one of all)
          expect(merged.entries.some((other) => isDeepStrictEqual(one, other))).to.equal(
            readEntryTime(one.timestamp) > removedAt,
          );
        for (const one of merged.entries) expect(all).to.deep.include(one);
      }),
    );
  });

  it('gives what the same updates give in any order at one place', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.array(entry, { maxLength: 8 }), (some, others) => {
        const add = (entries: readonly Entry[]) => stateOf(entries.map((one) => ({ kind: 'add', entry: one })));
        expect(mergeRecords(add(some), add(others))).to.deep.equal(add([...some, ...others]));
        expect(add([...others, ...some])).to.deep.equal(add([...some, ...others]));
      }),
    );
  });
});

describe('The events of a record', () => {
  it('give one state in any order, once it is opened', () => {
    const removedAt = fc.nat(5);
    const event = fc.oneof(
      fc.record({ type: fc.constant('EntryAdded'), data: entry }),
      fc.record({ type: fc.constant('RecordRemoved'), data: fc.record({ removedAt }) }),
    );
    const shuffled = fc
      .array(event, { maxLength: 8 })
      .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })));
    const opened = { name: 'x', entries: [{ author: 'eve', timestamp: 0 }] };
    const apply = (state: object, { type, data }: { type: string; data: object }) =>
      record.events.get(type)?.evolve(state as Fields, { type, data: data as Fields, version: 2, at: new Date(0) });
    const foldAll = (events: readonly { type: string; data: object }[]) =>
      events.reduce<object>((state, one) => apply(state, one) as object, opened);
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        expect(foldAll(events)).to.deep.equal(foldAll(others));
      }),
    );
  });
});

describe('A record', () => {
  it('has the id of its name, or a hash of it, and no two names share one', () => {
    expect(idOfName('marketing')).to.equal('marketing');
    for (const name of ['süß & more', 'count', 'n_marketing', 'x'.repeat(200)])
      expect(idOfName(name)).to.match(/^n_[\w-]{43}$/);
    expect(idOfName(idOfName('count'))).not.to.equal(idOfName('count'));
  });

  it('is opened by the first update, and gets an entry by each further one, once', () => {
    const update = { name: 'x', author: 'ada', timestamp: 7 };
    given(record).when('update', update).thenEvent('RecordOpened', update);
    given(record, first).when('update', update).thenEvent('EntryAdded', { author: 'ada', timestamp: 7 });
    given(record, first, { type: 'EntryAdded', data: { author: 'ada', timestamp: 7 } })
      .when('update', update)
      .thenUnchanged();
  });

  it('is removed up to its newest entry, and comes back by a newer one', () => {
    given(record, first).when('remove').thenEvent('RecordRemoved', { removedAt: 0 });
    const removed = [first, { type: 'RecordRemoved', data: { removedAt: 0 } }] as const;
    given(record, ...removed)
      .when('remove')
      .thenRefused('Deleted');
    const late = { type: 'RecordRemoved', data: { removedAt: 9e15 } } as const; // beyond the dates
    given(record, first, late).when('update', { name: 'x', author: 'ada', timestamp: 1 }).thenRefused('Removed');
    for (const timestamp of [0, '1970-01-01'])
      given(record, ...removed)
        .when('update', { name: 'x', author: 'eve', timestamp })
        .thenRefused('Removed');
    given(record, ...removed)
      .when('update', { name: 'x', author: 'ada', timestamp: 1 })
      .thenState({ name: 'x', entries: [{ author: 'ada', timestamp: 1 }], removedAt: 0 });
  });

  it('has room again after a removal', () => {
    const many = Array.from({ length: 999 }, (_, at) => ({
      ...({ type: 'EntryAdded', data: { author: 'ada', timestamp: at + 1 } } as const),
    }));
    const added = { author: 'ada', timestamp: 5_000 };
    given(record, first, ...many, { type: 'RecordRemoved', data: { removedAt: 999 } })
      .when('update', { name: 'x', ...added })
      .thenEvent('EntryAdded', added);
  });

  it('has its entries in the order of their times, to the microsecond', () => {
    const at = (micros: string, author: string) => ({ author, timestamp: `2026-01-31T12:00:00.000${micros}Z` });
    const [early, late] = [at('100', 'b'), at('900', 'a')];
    given(record, { type: 'RecordOpened', data: { name: 'x', ...late } })
      .when('update', { name: 'x', ...early })
      .thenState({ name: 'x', entries: [early, late] });
    expect(readEntryTime('1970-01-01T00:00:00.069Z')).to.equal(readEntryTime(69));
    expect(readEntryTime('1970-01-01T00:00:00.5Z')).to.equal(500);
  });

  it('refuses an update of another name, and a thousand and first entry', () => {
    given(record, first).when('update', { name: 'y', author: 'ada', timestamp: 1 }).thenRefused('OtherName');
    const many = Array.from({ length: 999 }, (_, at) => ({
      ...({ type: 'EntryAdded', data: { author: 'ada', timestamp: at + 1 } } as const),
    }));
    given(record, first, ...many)
      .when('update', { name: 'x', author: 'ada', timestamp: 5_000 })
      .thenRefused('Full');
  });
});
