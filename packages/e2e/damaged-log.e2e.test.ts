import { randomUUID } from 'node:crypto';
import { partitionHash } from '@muster/placement';
import { ensureCollections, type Log, openLog, type StoredEvent } from '@muster/store';
import { openShell, openTestDatabase, type Shell } from '@muster/testing';
import { expect } from 'chai';
import { runToEnd } from './run-to-end.ts';

const programs = ['gateway', 'aggregator'] as const;

const twice = (): StoredEvent => ({
  _id: randomUUID(),
  entity: 'user',
  entityId: '13AE742',
  version: 1,
  partition: 0,
  type: 'UserCreated',
  data: { name: 'Ada', email: 'ada@example.com', group: 1 },
  at: new Date(),
  meta: { requestId: 'test' },
});

/** Writes a log as after the loss of its unique index. Returns the ids of the two events that share a version. */
const damage = async (log: Log, { events }: Shell): Promise<string[]> => {
  await ensureCollections(log, [], { partitions: 32, hash: partitionHash });
  await events.dropIndexes();
  const both = [twice(), twice()];
  await events.insertMany(both);
  return both.map(({ _id }) => _id);
};

describe('A log in which two events have one version', () => {
  for (const program of programs) {
    it(`ends the ${program} with code 2, the stream, the events, and what to do`, async () => {
      await using database = await openTestDatabase();
      await using log = openLog({ ...database, appName: 'test' });
      await using shell = openShell(database);
      const ids = await damage(log, shell);
      const { code, output } = await runToEnd(program, {
        MONGODB_URI: database.uri,
        DATABASE: database.database,
        CLUSTER_SECRET: 'a secret of the tests',
      });
      expect(code, output).to.equal(2);
      for (const part of ['user "13AE742" version 1', ...ids, 'npm run repair']) expect(output).to.contain(part);
      expect(output, 'a raw error of the driver').not.to.match(/E11000|at .*\(/);
    });
  }
});
