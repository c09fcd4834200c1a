import { expect } from 'chai';
import fc from 'fast-check';
import { coverOf, replicasOf, ringFrom } from './assignment.ts';

const partitions = Array.from({ length: 32 }, (_, partition) => partition);
const anyNames = fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { minLength: 1, maxLength: 9 });
const counted = (count: number) => Array.from({ length: count }, (_, index) => `aggregator-${index}`);

describe('The replicas of a partition', () => {
  it('are `copies` different names, or all names if there are fewer, in any order of the names', () => {
    fc.assert(
      fc.property(anyNames, fc.integer({ min: 1, max: 4 }), fc.nat(1_000), (names, copies, partition) => {
        const replicas = replicasOf(names, partition, copies);
        expect(new Set(replicas).size).to.equal(Math.min(copies, names.length));
        expect(replicasOf([...names].reverse(), partition, copies)).to.deep.equal(replicas);
      }),
    );
  });

  it('keep their owner when another name is removed', () => {
    fc.assert(
      fc.property(anyNames, fc.nat(8), fc.nat(1_000), (names, index, partition) => {
        const gone = names[index % names.length];
        const [owner] = ringFrom(names, partition);
        const [next] = ringFrom(
          names.filter((name) => name !== gone),
          partition,
        );
        if (owner !== gone) expect(next).to.equal(owner);
      }),
    );
  });

  it('are spread: no name owns twice its fair share of 1024 partitions', () => {
    for (const count of [2, 3, 5, 8]) {
      const owned = new Map<string, number>();
      for (let partition = 0; partition < 1_024; partition += 1) {
        const [owner = ''] = replicasOf(counted(count), partition, 2);
        owned.set(owner, (owned.get(owner) ?? 0) + 1);
      }
      expect(owned.size).to.equal(count);
      expect(Math.max(...owned.values())).to.be.below((2 * 1_024) / count);
      expect(Math.min(...owned.values())).to.be.above(1_024 / count / 2);
    }
  });
});

describe('A cover', () => {
  it('asks at most half of the aggregators, rounded up, and each partition once', () => {
    for (const count of [1, 2, 3, 4, 5, 6, 7, 9]) {
      const replicas = partitions.map((partition) => replicasOf(counted(count), partition, 2));
      for (let start = 0; start < count; start += 1) {
        const cover = coverOf(replicas, start);
        expect(cover.size).to.be.at.most(Math.ceil(count / 2));
        expect([...cover.values()].flat().sort((a, b) => a - b)).to.deep.equal(partitions);
      }
    }
  });

  it('asks only replicas that have the partition, and covers each partition that has one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 4 }), { minLength: 1, maxLength: 40 }),
        fc.nat(10),
        (replicas, start) => {
          const cover = coverOf(replicas, start);
          for (const [replica, covered] of cover)
            for (const partition of covered) expect(replicas[partition]).to.include(replica);
          const had = [...replicas.keys()].filter((partition) => replicas[partition]?.length);
          expect([...cover.values()].flat().sort((a, b) => a - b)).to.deep.equal(had);
        },
      ),
    );
  });

  it('uses all aggregators in turn', () => {
    const replicas = partitions.map((partition) => replicasOf(counted(5), partition, 2));
    const asked = new Set([0, 1, 2, 3, 4].flatMap((start) => [...coverOf(replicas, start).keys()]));
    expect(asked.size).to.equal(5);
  });
});
