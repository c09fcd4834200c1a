import { expect } from 'chai';
import {
  keepWritesMs,
  openRemembered,
  recentWrites,
  remember,
  rememberedVersion,
  rememberWrite,
} from './remembered.ts';

const minuteMs = 60_000;

describe('The versions that a gateway returned', () => {
  it('are remembered by stream, with the highest version of each', () => {
    const remembered = openRemembered(10);
    for (const version of [3, 5, 4]) remember(remembered, 'note:a', version);
    remember(remembered, 'note:b', 1);
    expect(['note:a', 'note:b', 'note:c'].map((key) => rememberedVersion(remembered, key))).to.deep.equal([5, 1, 0]);
  });

  it('are forgotten one minute after their last return', () => {
    const remembered = openRemembered(10);
    remember(remembered, 'note:a', 5, undefined, 1_000);
    expect(rememberedVersion(remembered, 'note:a', 1_000 + minuteMs - 1)).to.equal(5);
    expect(rememberedVersion(remembered, 'note:a', 1_000 + minuteMs)).to.equal(0);
    // an older version also counts as a return of the stream
    remember(remembered, 'note:a', 4, undefined, 1_000 + minuteMs - 1);
    expect(rememberedVersion(remembered, 'note:a', 1_000 + minuteMs)).to.equal(5);
  });

  it('are at most 100,000: the stream with the oldest return is forgotten', () => {
    const remembered = openRemembered(10);
    for (let n = 0; n < 100_000; n += 1) remember(remembered, `note:${n}`, 1);
    remember(remembered, 'note:0', 2);
    remember(remembered, 'note:new', 1);
    expect(remembered.versions.size).to.equal(100_000);
    expect(['note:0', 'note:1', 'note:2', 'note:new'].map((key) => rememberedVersion(remembered, key))).to.deep.equal([
      ...[2, 0, 1, 1],
    ]);
  });
});

describe('The writes of a gateway', () => {
  it('are listed by partition, with the newest version of each stream', () => {
    const remembered = openRemembered(10);
    rememberWrite(remembered, 1, ['note', 'a', 1]);
    rememberWrite(remembered, 1, ['note', 'b', 1]);
    rememberWrite(remembered, 1, ['note', 'a', 2]);
    rememberWrite(remembered, 2, ['note', 'c', 7]);
    expect(recentWrites(remembered, [1])).to.have.deep.members([
      ['note', 'b', 1],
      ['note', 'a', 2],
    ]);
    expect(recentWrites(remembered, [0, 2])).to.deep.equal([['note', 'c', 7]]);
  });

  it('are left out after three seconds', () => {
    const remembered = openRemembered(10);
    rememberWrite(remembered, 1, ['note', 'a', 1], 1_000);
    rememberWrite(remembered, 1, ['note', 'b', 1], 1_001);
    expect(recentWrites(remembered, [1], 1_000 + keepWritesMs)).to.have.length(2);
    expect(recentWrites(remembered, [1], 1_001 + keepWritesMs)).to.deep.equal([['note', 'b', 1]]);
  });

  it('are limited per partition: the oldest is forgotten', () => {
    const remembered = openRemembered(2);
    for (const id of ['a', 'b', 'a', 'c']) rememberWrite(remembered, 1, ['note', id, 1]);
    rememberWrite(remembered, 2, ['note', 'd', 1]);
    expect(recentWrites(remembered, [1, 2]).map(([, id]) => id)).to.have.members(['a', 'c', 'd']);
  });
});
