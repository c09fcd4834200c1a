import { expect } from 'chai';
import fc from 'fast-check';
import { parsePosition, writePosition, writeScanPosition } from './position.ts';

const mark = fc.stringMatching(/^[A-Za-z0-9_-]{10}$/);
const place = fc.uint8Array({ minLength: 8, maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const witness = fc.option(fc.uuid(), { nil: undefined });
const key = fc.record({
  entity: fc.stringMatching(/^[a-z]{1,32}$/),
  entityId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  version: fc.nat(),
});

describe('A position of the feed', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(mark, place, key, witness, (ofLog, where, after, id) => {
        expect(parsePosition(writePosition(ofLog, where, id))).to.deep.equal({
          ...{ mark: ofLog, position: { kind: 'place', place: where, witness: id } },
        });
        expect(parsePosition(writeScanPosition(ofLog, where, after, id))).to.deep.equal({
          ...{ mark: ofLog, position: { kind: 'scan', behind: where, after, witness: id } },
        });
      }),
    );
  });

  it('has no witness if the id of the event is no UUID', () => {
    fc.assert(
      fc.property(mark, place, fc.constantFrom('', 'a', '~', 'x'.repeat(36)), (ofLog, where, id) => {
        expect(writePosition(ofLog, where, id)).to.equal(writePosition(ofLog, where, undefined));
      }),
    );
  });

  it('is none with anything more, less or in between', () => {
    fc.assert(
      fc.property(mark, place, fc.uuid(), (ofLog, where, id) => {
        const position = writePosition(ofLog, where, id);
        for (const text of [`${position}A`, position.slice(0, -1), `${position}.x`, `${position}~`, `~${position}`, ''])
          expect(parsePosition(text), text).to.equal(undefined);
      }),
    );
  });
});
