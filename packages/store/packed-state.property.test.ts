import { note } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { BSON, Decimal128, Long, ObjectId, Timestamp } from 'mongodb';
import type { RecordDocument } from './documents.ts';
import { openScratch, unpackFields } from './packed-fields.ts';
import { isPackable, packRecord } from './packed-state.ts';
import { stateOf } from './records.ts';

const date = fc.date({ noInvalidDate: true });
const oddValue = fc.constantFrom<unknown>(
  ...[new Decimal128('1.5'), Long.fromString('9007199254740993'), new ObjectId(), /x/i, Buffer.from('ab')],
  ...[null, undefined, -0, Number.NaN, new Timestamp({ t: 1, i: 2 }), { $ref: 'a', $id: 1 }, { deletedAt: 1 }, []],
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.boolean(), date) },
  { weight: 1, arbitrary: fc.array(fc.string()) },
  { weight: 1, arbitrary: oddValue },
);
const names = ['text', 'stars', 'tags', 'former', 'version2', 'ns'];
const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name });

const own = fc.record(
  {
    _id: fc.oneof({ weight: 5, arbitrary: fc.stringMatching(/^[\w-]{1,64}$/) }, fc.string({ minLength: 1 })),
    version: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1 }) }, fc.integer({ min: 2 ** 31, max: 2 ** 40 })),
    partition: fc.nat(31),
    snapshot: fc.constantFrom('5e884898-3f2a90c1d4e5:17', '3f2a90c1d4e5:17', 'other-3f2a:1'),
    createdAt: date,
    updatedAt: date,
    deletedAt: fc.option(date),
  },
  { requiredKeys: ['_id', 'version', 'partition', 'snapshot', 'createdAt', 'updatedAt'] },
);

/** Records as this program writes them, and with their fields in any other order. */
const record = fc
  .tuple(own, fields, fc.nat(3))
  .chain(([{ _id, ...rest }, given, kind]) => {
    const all: [string, unknown][] = [['_id', _id], ...given, ...Object.entries(rest)];
    return kind < 3 ? fc.constant(all) : fc.shuffledSubarray(all, { minLength: all.length });
  })
  .map((entries) => Object.fromEntries(entries) as RecordDocument);

const wanted = {
  entity: note,
  partitions: new Set(Array.from({ length: 31 }, (_, number) => number)),
  isOwnMark: (bytes: Buffer, from: number, end: number) => !bytes.toString('latin1', from, end).startsWith('other'),
};

const encode = (document: object): Buffer => Buffer.from(BSON.serialize(document, { ignoreUndefined: true }));

describe('A packed record', () => {
  it('has the state that the record has, or is left to be decoded', () => {
    const scratch = openScratch();
    fc.assert(
      fc.property(record, (given) => {
        const bytes = encode(given);
        const packed = packRecord(scratch, bytes, wanted);
        const decoded = BSON.deserialize(bytes) as RecordDocument;
        if (packed === 'unwanted') expect(decoded.partition).to.equal(31);
        if (packed === 'unwanted' || packed === 'unusual') return;
        expect(decoded.snapshot.startsWith('other')).to.equal(false);
        const { bytes: place, from, createdAt, updatedAt } = packed.packed;
        const { partition, version } = packed;
        const { record, idFrom, idEnd } = packed.packed;
        const id = record.toString('latin1', idFrom, idEnd);
        expect({ id, partition, version }).to.deep.equal({
          id: decoded._id,
          partition: decoded.partition,
          version: decoded.version,
        });
        expect({
          status: 'active',
          version,
          fields: unpackFields(note, place, from),
          createdAt: new Date(createdAt),
          updatedAt: new Date(updatedAt),
        }).to.deep.equal(stateOf(note, decoded));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is made of a usual record of an active thing, and of no deleted one', () => {
    const usual = { _id: 'a', text: 'ä😀', stars: 5, tags: ['x'], version: 1, partition: 3, snapshot: 'a1:3' };
    const times = { createdAt: new Date(1), updatedAt: new Date(2) };
    const pack = (document: object) => packRecord(openScratch(), encode(document), wanted);
    expect(pack({ ...usual, ...times })).to.deep.include({ partition: 3, version: 1 });
    expect(pack({ ...usual, ...times, deletedAt: new Date(3) })).to.equal('unusual');
    expect(isPackable(note)).to.equal(true);
  });

  it('is not made of entities whose fields have names beyond ASCII, or those of the record', () => {
    const entityWith = (name: string) => ({ ...note, fieldNames: [...note.fieldNames, name] });
    expect(
      ['text2', 'a "quoted" name', 'straße', '名', 'version', '_id'].map(entityWith).map(isPackable),
    ).to.deep.equal([true, true, false, false, false, false]);
  });
});
