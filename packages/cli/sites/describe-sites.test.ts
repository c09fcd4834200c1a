import { at } from '@muster/testing';
import { expect } from 'chai';
import { describeSites } from './describe-sites.ts';

const site = { _id: 'https://lima', name: 'lima', addedAt: at(0), events: 7, adopted: 3, refused: 0 };
const stateAfter = (seconds: number, more: object = {}) =>
  describeSites([{ ...site, readAt: at(0), ...more }], new Date(at(0).getTime() + 1_000 * seconds));

describe('The list of sites', () => {
  it('says whether a site is followed, or why not', () => {
    expect(describeSites([site], at(9))).to.match(/never .*not read yet: does muster follow run\?/);
    expect(stateAfter(12)).to.match(/12 s ago .*followed$/);
    expect(stateAfter(12, { problem: 'it is away' })).to.match(/12 s ago .*it is away$/);
  });

  it('asks for the follower if a site was not read for a minute, and nothing says why', () => {
    expect(stateAfter(94)).to.match(/94 s ago .*not read any more: does muster follow run\?$/);
  });
});
