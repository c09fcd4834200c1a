import { entities } from '@muster/entities';
import { type Active, absent, evolve, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { type RecordDocument, recordOf } from '@muster/store';
import { expect } from 'chai';
import { findSuspects } from './find-suspects.ts';
import { openStream, type Stream } from './fold-streams.ts';

const [user] = entities;
if (!user) throw new Error('There is no entity');
const id = '13AE742';
const partition = partitionOf('user', id, 32);
const at = new Date('2026-01-01T00:00:00Z');
const keeping = new Set<string>();
const first = evolve(user, absent, { type: 'UserCreated', version: 1, at, data: { group: 1 } }) as Active;
const second = evolve(user, first, { type: 'UserUpdated', version: 2, at, data: { group: 2 } }) as Active;

/** A stream of two events, with its states at both versions. */
const stream = (more: Partial<Stream> = {}): Stream => {
  const kept = new Map<number, State>([
    [1, first],
    [2, second],
  ]);
  return { ...openStream('user', id, new Set([1, 2])), position: 2, state: second, kept, ...more };
};

const under = <Value>(value: Value | undefined) =>
  new Map([['user', new Map(value === undefined ? [] : [[id, value]])]]);
const isSuspect = (
  memory: State | undefined,
  record: RecordDocument | undefined,
  one: Stream | undefined = stream(),
): boolean =>
  findSuspects(
    new Map(one ? [[`user:${id}`, one]] : []),
    { keeping, memory: under(memory), records: under(record) },
    partition,
    32,
  ).length > 0;

describe('verify inspects again', () => {
  it('no stream that is equal in memory and log, whether its record is current, older or missing', () => {
    for (const record of [
      undefined,
      recordOf(id, partition, first, 'test:1'),
      recordOf(id, partition, second, 'test:2'),
    ])
      expect(isSuspect(second, record)).to.equal(false);
  });

  it('a stream that is missing, older, newer or different in memory', () => {
    for (const memory of [undefined, first, { ...second, version: 3 }, { ...second, fields: { group: 3 } }])
      expect(isSuspect(memory, undefined)).to.equal(true);
  });

  it('no stream of an entity with keep that is not in memory, if its record is current', () => {
    const suspectsWith = (record: RecordDocument | undefined) =>
      findSuspects(
        new Map([[`user:${id}`, stream()]]),
        { keeping: new Set(['user']), memory: under<State>(undefined), records: under(record) },
        partition,
        32,
      ).length;
    expect(suspectsWith(recordOf(id, partition, second, 'test:2'))).to.equal(0);
    expect(suspectsWith(recordOf(id, partition, first, 'test:1'))).to.equal(1);
    expect(suspectsWith(undefined)).to.equal(1);
  });

  it('a record that is newer than the log, or different from the state at its version', () => {
    expect(isSuspect(second, recordOf(id, partition, { ...second, version: 3 }, 'test:1'))).to.equal(true);
    expect(isSuspect(second, recordOf(id, partition, { ...first, fields: { group: 2 } }, 'test:1'))).to.equal(true);
  });

  it('a stream that memory or the snapshot has but the log does not', () => {
    const found = (memory: State | undefined, record: RecordDocument | undefined) =>
      findSuspects(new Map(), { keeping, memory: under(memory), records: under(record) }, partition, 32).length;
    expect(found(first, undefined)).to.equal(1);
    expect(found(undefined, recordOf(id, partition, first, 'test:1'))).to.equal(1);
    expect(found(first, recordOf(id, partition, first, 'test:1'))).to.equal(1);
  });

  it('a stream with a hole, a duplicate version, an unparsable event, or an event in another partition', () => {
    const ahead = new Map([[4, {} as never]]);
    for (const odd of [
      stream({ ahead }),
      stream({ isOdd: true }),
      stream({ poison: { version: 3, problem: 'unknown' } }),
    ]) {
      expect(isSuspect(second, undefined, odd)).to.equal(true);
    }
    const streams = new Map([[`user:${id}`, stream()]]);
    expect(
      findSuspects(streams, { keeping, memory: undefined, records: new Map() }, (partition + 1) % 32, 32),
    ).to.have.length(1);
  });

  it('nothing for memory that could not be read', () => {
    expect(
      findSuspects(
        new Map([[`user:${id}`, stream()]]),
        { keeping, memory: undefined, records: new Map() },
        partition,
        32,
      ),
    ).to.have.length(0);
  });
});
