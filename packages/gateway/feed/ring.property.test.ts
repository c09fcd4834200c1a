import type { Fed } from '@muster/store';
import { storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { entryAt, nextOf, numberBehind, openRing, pushChanges, resetRing } from './ring.ts';

const limits = { eventsMax: 20, bytesMax: 1_000_000 };

const changesOf = (from: number, kinds: readonly boolean[]): Fed[] =>
  kinds.map((isEvent, at) => {
    const n = from + at;
    const event = storedNote(
      { type: 'NoteUpdated', version: n + 1, data: { stars: 1 } },
      { entityId: 'a', partition: 0 },
    );
    return { place: `place-${n}`, event: isEvent ? event : undefined };
  });

describe('The ring', () => {
  it('has the newest events without a gap, and knows what follows each of its places', () =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.boolean(), { maxLength: 30 }), { maxLength: 20 }), (batches) => {
        const ring = openRing();
        const all: Fed[] = [];
        for (const kinds of batches) {
          const changes = changesOf(all.length, kinds);
          all.push(...changes);
          pushChanges(ring, changes, limits);
        }
        const events = all.filter(({ event }) => event);
        expect(nextOf(ring)).to.equal(events.length);
        expect(ring.entries.map(({ place }) => place)).to.deep.equal(events.slice(-20).map(({ place }) => place));
        expect(ring.latest).to.equal(all.at(-1)?.place);
        for (const [at, { place }] of all.entries()) {
          const number = numberBehind(ring, place);
          const behind = all.slice(0, at + 1).filter(({ event }) => event).length;
          if (number === undefined) expect(behind).to.be.at.most(ring.first);
          else {
            expect(number).to.equal(behind);
            expect(entryAt(ring, number)?.place).to.equal(events[number]?.place);
          }
        }
      }),
    ));

  it('drops events beyond its bytes, but never the newest one', () => {
    const ring = openRing();
    pushChanges(ring, changesOf(0, [true, true, true]), { eventsMax: 100, bytesMax: 1 });
    expect(ring.entries.map(({ place }) => place)).to.deep.equal(['place-2']);
    expect(entryAt(ring, 1)).to.equal(undefined);
  });

  it('forgets old places of heartbeats, and all places when it is emptied', () => {
    const ring = openRing();
    for (let n = 0; n < 3_000; n += 1) pushChanges(ring, changesOf(n, [false]), limits);
    expect(ring.places.size).to.be.at.most(1_001);
    expect(numberBehind(ring, 'place-2999')).to.equal(0);
    pushChanges(ring, changesOf(3_000, [true]), limits);
    resetRing(ring);
    expect([nextOf(ring), ring.places.size, ring.latest]).to.deep.equal([1, 0, undefined]);
    pushChanges(ring, changesOf(4_000, [true]), limits);
    expect(entryAt(ring, 1)?.place).to.equal('place-4000');
  });
});
