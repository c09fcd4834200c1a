import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { entities } from '@muster/entities';
import { partitionHash, partitionOf } from '@muster/placement';
import { ensureCollections, joinMembers, type Log, openLog, type StoredEvent } from '@muster/store';
import { openShell, openTestDatabase, openTestFolder, type Shell } from '@muster/testing';
import { expect } from 'chai';
import { repair } from './repair.ts';

const shape = { partitions: 32, hash: partitionHash };

const eventAt = (entityId: string, version: number, minute: number): StoredEvent => ({
  _id: randomUUID(),
  entity: 'user',
  entityId,
  version,
  partition: partitionOf('user', entityId, shape.partitions),
  type: version === 1 ? 'UserCreated' : 'UserUpdated',
  data: version === 1 ? { name: 'Ada', email: 'ada@example.com', group: minute } : { group: minute },
  at: new Date(Date.UTC(2026, 0, 1, 0, minute)),
  meta: { requestId: 'test' },
});

/**
 * Writes a log with two events of one version and a stream that lacks a version. Returns the ids to keep and to move.
 */
const damage = async (log: Log, { events }: Shell) => {
  await ensureCollections(log, entities, shape);
  await events.dropIndexes();
  const sound = [eventAt('twice', 1, 1), eventAt('twice', 2, 3), eventAt('hole', 1, 1)];
  const wrong = [eventAt('twice', 1, 2), eventAt('hole', 3, 2), eventAt('hole', 4, 3)];
  await events.insertMany([...wrong, ...sound]);
  return { sound: sound.map(({ _id }) => _id).sort(), wrong: wrong.map(({ _id }) => _id).sort() };
};

const run = async (environment: Record<string, string>, apply?: true) => {
  const lines: string[] = [];
  const code = await repair({ LEASE_MS: '500', ...environment }, { apply }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
};

const idsIn = async ({ db }: Shell, collection: string) =>
  (await db.collection<{ _id: string }>(collection).find().toArray()).map(({ _id }) => _id).sort();

describe('repair', function () {
  this.timeout(60_000);

  it('finds nothing in a sound log', async () => {
    const { uri, database } = await openTestDatabase();
    await using log = openLog({ uri, database, appName: 'test' });
    await using shell = openShell({ uri, database });
    await ensureCollections(log, entities, shape);
    await shell.events.insertMany([eventAt('a', 1, 1), eventAt('a', 2, 2)]);
    expect((await run({ MONGODB_URI: uri, DATABASE: database })).code).to.equal(0);
  });

  it('lists the damage without a change, then moves the wrong events, so that programs start on the log', async () => {
    const { uri, database } = await openTestDatabase();
    await using log = openLog({ uri, database, appName: 'test' });
    await using shell = openShell({ uri, database });
    const { sound, wrong } = await damage(log, shell);
    const environment = { MONGODB_URI: uri, DATABASE: database };

    const found = await run(environment);
    expect(found.code).to.equal(1);
    expect(found.text).to.contain('user "twice" version 1').and.contain('user "hole" ends at 4 and lacks 2');
    expect(await idsIn(shell, 'Events')).to.deep.equal([...sound, ...wrong].sort());

    expect((await run(environment, true)).code).to.equal(0);
    expect(await idsIn(shell, 'Events')).to.deep.equal(sound);
    expect(await idsIn(shell, 'RemovedEvents')).to.deep.equal(wrong);
    expect((await run(environment)).code, 'a second time').to.equal(0);
    await ensureCollections(log, entities, shape);
  });

  it('changes nothing while an aggregator runs on the database', async () => {
    const { uri, database } = await openTestDatabase();
    await using log = openLog({ uri, database, appName: 'test' });
    await using shell = openShell({ uri, database });
    const { sound, wrong } = await damage(log, shell);
    const member = { _id: 'aggregator-0', incarnation: 'a', address: '', healthPort: 0, startedAt: new Date() };
    let beats = 0;
    const beat = () => {
      beats += 1;
      const more = { beat: `a:${beats}`, state: 'serving' as const, partitions: [], warming: [] };
      return joinMembers(log, { ...member, ...more }, 5_000);
    };
    await beat();
    const beating = setInterval(() => void beat(), 100);
    try {
      const refused = await run({ MONGODB_URI: uri, DATABASE: database }, true);
      expect(refused.code).to.equal(2);
      expect(refused.text).to.contain('aggregator-0 still runs');
    } finally {
      clearInterval(beating);
    }
    expect(await idsIn(shell, 'Events')).to.deep.equal([...sound, ...wrong].sort());
  });

  it('starts the embedded database if MONGODB_URI is not set', async () => {
    await using folder = await openTestFolder();
    const { code, text } = await run({ DATA: join(folder.path, 'data') });
    expect(code, text).to.equal(0);
  });
});
