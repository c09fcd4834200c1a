import type { Member } from '@muster/placement';
import { expect } from 'chai';
import { findThin } from './recover.ts';

const all = Array.from({ length: 32 }, (_, partition) => partition);
const names = ['aggregator-0', 'aggregator-1', 'aggregator-2'];
const databaseNow = 100_000;
const member = (index: number, partitions: number[], state: Member['state'] = 'serving', age = 0): Member => ({
  ...{ name: `aggregator-${index}`, incarnation: 'i', address: 'host:1', state, partitions, warming: [] },
  ...{ heartbeatAt: databaseNow - age, steadySince: 0 },
});
const thinOf = (members: Member[], among: string[], copies: number) =>
  findThin({ databaseNow, members, partitions: 32 }, among, copies);
const third = (index: number) => all.filter((partition) => partition % 3 === index);

describe('A Muster that has recovered', () => {
  it('has all aggregators serving, and each partition has its copies', () => {
    expect(
      thinOf(
        [0, 1, 2].map((index) => member(index, third(index))),
        names,
        1,
      ),
    ).to.deep.equal([]);
    expect(
      thinOf(
        [0, 1, 2].map((index) => member(index, [...third(index), ...third((index + 1) % 3)])),
        names,
        2,
      ),
    ).to.deep.equal([]);
    expect(thinOf([member(0, all)], ['aggregator-0'], 2)).to.deep.equal([]); // there is no other aggregator
  });

  it('has no missing copy', () =>
    expect(
      thinOf(
        [0, 1, 2].map((index) => member(index, third(index))),
        names,
        2,
      )[0],
    ).to.include('fewer than 2 copies'));

  it('has no aggregator that restores or whose lease has expired', () => {
    const others = [member(0, all), member(1, all)];
    expect(thinOf([...others, member(2, all, 'restoring')], names, 1)).to.deep.equal(['2 of 3 aggregators serve']);
    expect(thinOf([...others, member(2, all, 'serving', 9_000)], names, 1)).to.deep.equal(['2 of 3 aggregators serve']);
  });
});
