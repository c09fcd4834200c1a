import { storedNote } from '@muster/testing';
import { expect } from 'chai';
import { openRing, pushChanges } from './feed/ring.ts';
import { withFeed, withOwnWrites } from './freshness.ts';
import { openRemembered, rememberWrite } from './remembered.ts';

const noteOf = (entityId: string, version: number, partition: number) => ({
  place: `${entityId}${version}`,
  event: storedNote({ type: 'NoteUpdated', version, data: { stars: 1 } }, { entityId, partition }),
});

describe('What an answer about many things must contain', () => {
  it('is the newest event of each partition in the feed, beside the writes of this gateway', () => {
    const ring = openRing();
    const limits = { eventsMax: 1, bytesMax: 10_000 }; // the ring itself may have dropped it
    pushChanges(ring, [noteOf('a', 3, 0), noteOf('b', 5, 0), noteOf('c', 1, 1), noteOf('d', 9, 2)], limits);
    const remembered = openRemembered(10);
    rememberWrite(remembered, 1, ['note', 'own', 2]);
    expect(withOwnWrites(remembered).minVersions([0, 1])).to.deep.equal([['note', 'own', 2]]);
    expect(withFeed(remembered, ring, false).minVersions([0, 1])).to.deep.equal([
      ['note', 'own', 2],
      ['note', 'b', 5],
      ['note', 'c', 1],
    ]);
  });

  it('is nothing older than three seconds: a replica with a smaller lag has that', () => {
    const ring = openRing();
    pushChanges(ring, [noteOf('a', 3, 0)], { eventsMax: 1, bytesMax: 10_000 });
    const newest = ring.newest.get(0) as { at: number };
    newest.at -= 3_001;
    expect(withFeed(openRemembered(10), ring, false).minVersions([0])).to.deep.equal([]);
  });
});
