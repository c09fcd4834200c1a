import { anyId } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { murmur3, partitionHash, partitionOf } from './partition.ts';

describe('The hash of a stream', () => {
  it('is MurmurHash3, as in other implementations', () => {
    // published test vectors, for all four lengths of the last block
    expect(murmur3('')).to.equal(0);
    expect(murmur3('test')).to.equal(0xba6bd213);
    expect(murmur3('hello')).to.equal(0x248bfa47);
    expect(murmur3('foo')).to.equal(0xf6a5c420);
    expect(murmur3('hello, world')).to.equal(0x149bbb7f);
    expect(murmur3('The quick brown fox jumps over the lazy dog')).to.equal(0x2e4ff723);
  });

  it('is named in the settings, which refuse any other hash', () =>
    expect(partitionHash).to.equal('murmur3_x86_32(entity:id), seed 0'));
});

describe('The partition of a stream', () => {
  it('never changes, because it is stored with each event', () => {
    const streams = ['13AE742', 'a', 'A', '_-', '01980b2e-7a3c-7d4e-8f00-123456789abc', 'x'.repeat(64)];
    expect(streams.map((id) => partitionOf('user', id, 32))).to.deep.equal([23, 10, 13, 22, 20, 21]);
    expect(partitionOf('note', '13AE742', 32)).to.equal(4);
    expect(partitionOf('user', '13AE742', 7)).to.equal(3);
  });

  it('is within range, and the same each time', () =>
    fc.assert(
      fc.property(anyId, fc.integer({ min: 1, max: 1_024 }), (id, partitions) => {
        const partition = partitionOf('user', id, partitions);
        expect(partition).to.be.within(0, partitions - 1);
        expect(partition).to.satisfy(Number.isInteger);
        expect(partitionOf('user', id, partitions)).to.equal(partition);
      }),
    ));

  it('spreads ids roughly evenly, also consecutive ones', () => {
    for (const idOf of [
      (n: number) => String(n),
      (n: number) => `user-${n}`,
      (n: number) => `01980b2e-7a3c-7d4e-8f00-${String(n).padStart(12, '0')}`,
    ]) {
      const sizes = new Array<number>(32).fill(0);
      for (let n = 0; n < 32_000; n += 1) {
        const partition = partitionOf('user', idOf(n), 32);
        sizes[partition] = (sizes[partition] ?? 0) + 1;
      }
      expect(Math.min(...sizes), idOf(1)).to.be.above(850);
      expect(Math.max(...sizes), idOf(1)).to.be.below(1_150);
    }
  });
});
