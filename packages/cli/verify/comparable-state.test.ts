import type { State } from '@muster/model';
import { type RecordDocument, recordOf } from '@muster/store';
import { expect } from 'chai';
import { isRecordOf, isSameState } from './comparable-state.ts';

class Decimal128 {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

const stateWith = (fields: Record<string, unknown>): Exclude<State, { status: 'absent' }> => ({
  ...{ status: 'active', version: 1, fields, createdAt: new Date(1), updatedAt: new Date(2) },
});
const isSame = (a: unknown, b: unknown) => isSameState(stateWith({ value: a }), stateWith({ value: b }));
const recordWith = (fields: Record<string, unknown>): RecordDocument => recordOf('a', 0, stateWith(fields), 'test:1');

describe('verify treats two states as equal', () => {
  it('whatever the order of their fields, and whether what is undefined is there', () => {
    expect(isSameState(stateWith({ a: 1, b: { c: 2 } }), stateWith({ b: { c: 2, d: undefined }, a: 1 }))).to.equal(
      true,
    );
    expect(isRecordOf(recordWith({ a: 1 }), stateWith({ a: 1, b: undefined }))).to.equal(true);
  });

  it('only where every value is the same, also one that JSON alone does not tell apart', () => {
    const pairs = [
      [new Date(1), new Date(2)],
      [new Date(1), new Date(1).toISOString()],
      [Number.NaN, null],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [0, -0],
    ];
    for (const [a, b] of pairs) {
      expect([isSame(a, a), isSame(b, b), isSame(a, b)], `${a} and ${b}`).to.deep.equal([true, true, false]);
      expect(isRecordOf(recordWith({ value: a }), stateWith({ value: b })), `${a} and ${b}`).to.equal(false);
    }
  });

  it('also where the codec does not carry a value', () => {
    expect(isSame(new Decimal128('1'), new Decimal128('1'))).to.equal(true);
    expect(isSame(new Decimal128('1'), new Decimal128('2'))).to.equal(false);
    expect(isRecordOf(recordWith({ value: new Decimal128('1') }), stateWith({ value: new Decimal128('1') }))).to.equal(
      true,
    );
  });
});
