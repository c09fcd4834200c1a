import { randomUUID } from 'node:crypto';
import { openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { isNewest, openLookUps } from './look-up.ts';
import { handlesOf, openLog } from './open-log.ts';

const deadlineMs = 10_000;

describe('Looking up whether a version is the newest', function () {
  this.timeout(60_000);

  const limits = [
    { name: 'one by one', lanes: 8, streamsMax: 1 },
    { name: 'together', lanes: 2, streamsMax: 500 },
  ];
  for (const { name, ...given } of limits) {
    it(`is right for many streams and versions at once (${name})`, async () => {
      await using log = await openTestLog();
      const versionsOf = (n: number) => n % 12; // stream n has so many events
      const events = Array.from({ length: 60 }, (_, n) =>
        Array.from({ length: versionsOf(n) }, (_, index) =>
          storedNote(
            { type: index === 0 ? 'NoteCreated' : 'NoteUpdated', version: index + 1, data: { text: 'one', stars: 1 } },
            { _id: randomUUID(), entityId: `s${n}` },
          ),
        ),
      ).flat();
      await handlesOf(log).events.insertMany(events);
      const lookUps = openLookUps(given);
      const asked = Array.from({ length: 60 }, (_, n) =>
        [...new Set([0, versionsOf(n), Math.max(0, versionsOf(n) - 1)])].map((version) => ({ n, version })),
      ).flat();
      const found = await Promise.all(
        asked.map(({ n, version }) => isNewest(log, lookUps, { entity: 'note', id: `s${n}`, version }, deadlineMs)),
      );
      expect(found).to.deep.equal(asked.map(({ n, version }) => version === versionsOf(n)));
      expect(await isNewest(log, lookUps, { entity: 'other', id: 's5', version: 0 }, deadlineMs)).to.equal(true);
      expect(lookUps).to.deep.include({ waiting: [], running: 0 });
    });
  }

  it('rejects at its deadline when the database does not answer', async () => {
    const uri = 'mongodb://127.0.0.1:1/?replicaSet=nobody';
    await using nowhere = openLog({ uri, database: 'muster', appName: 'test' });
    const asked = isNewest(nowhere, openLookUps(), { entity: 'note', id: 'a', version: 0 }, 50);
    expect(await asked.catch((error: Error) => error.name)).to.equal('DeadlineError');
  });
});
