import { anyKey } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { BSON, Decimal128, Long, ObjectId, Timestamp } from 'mongodb';
import { decodeEvent } from './decode-event.ts';
import { decodeAt } from './raw-document.ts';

const key = anyKey.filter((name) => name !== '_bsontype'); // only values of the database have it
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('ä\ufffd', '', 'entity'),
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.date({ noInvalidDate: true }), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 12 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
    fc.constantFrom<unknown>(
      ...[new Decimal128('1.5'), Long.fromString('9007199254740993'), Long.fromNumber(5), new ObjectId(), /x/i],
      ...[Buffer.from('ab'), new Timestamp({ t: 1, i: 2 }), { $ref: 'a', $id: 1 }, -0, Number.NaN, undefined],
    ),
  ),
})).value;
const names = ['_id', 'entity', 'entityId', 'version', 'partition', 'type', 'data', 'at', 'meta', 'ü', '$a', '0'];
const document = fc
  .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 9 })
  .map((entries) => Object.fromEntries(entries));

describe('An event in its stored form', () => {
  it('is decoded as the driver decodes it, wherever it begins', () =>
    fc.assert(
      fc.property(document, fc.nat(5), (given, from) => {
        const bytes = Buffer.concat([Buffer.alloc(from, 1), BSON.serialize(given), Buffer.from('rest')]);
        const decoded = decodeEvent(bytes, from);
        expect(decoded).to.deep.equal(decodeAt(bytes, from));
        expect(JSON.stringify(decoded)).to.equal(JSON.stringify(decodeAt(bytes, from))); // in the same order
      }),
      { numRuns: 3_000 },
    ));

  it('that is not a text in UTF-8 is refused as the driver refuses it', () => {
    const bytes = Buffer.from(BSON.serialize({ entity: 'ab' }));
    bytes[bytes.indexOf('ab')] = 0xff;
    expect(() => decodeAt(bytes, 0)).to.throw();
    expect(() => decodeEvent(bytes, 0)).to.throw();
  });
});
