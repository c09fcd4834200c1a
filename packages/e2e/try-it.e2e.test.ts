import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chooseEntities } from '@muster/entities';
import { defineEntity, type Entity } from '@muster/model';
import { parseCurlReply } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { account } from '../../examples/bank-account/account.ts';
import { tryIt } from '../muster/try-it.ts';
import { runInProcess } from './run-in-process.ts';

const shipped = (name: string): readonly Entity[] => {
  const chosen = chooseEntities(name);
  if (chosen.kind === 'problem') throw new Error(chosen.problem);
  return chosen.entities;
};
const [users, assets, messages, records] = ['users', 'assets', 'messages', 'records'].map(shipped) as [
  ...[readonly Entity[], readonly Entity[], readonly Entity[], readonly Entity[]],
];
const [user, asset, note, message, record] = [...users, ...assets, ...messages, ...records] as [
  ...[Entity, Entity, Entity, Entity, Entity],
];

// its id is its plate, and no text that is made up is an id
const car = defineEntity({
  ...{ name: 'car', collection: 'Cars', state: { plate: Joi.string().max(20) } },
  events: { CarMet: { creates: true, fields: { plate: Joi.string().max(20) } } },
  evolve: { CarMet: (_, { data }) => data },
  commands: {
    meet: {
      creates: true,
      id: ({ plate }) => plate,
      input: { plate: Joi.string().max(20) },
      decide: (data) => ({ type: 'CarMet', data }),
    },
  },
});

/** `statuses`: of the replies, in order. */
const cases: { entity: Entity; entities: readonly Entity[]; statuses: number[] }[] = [
  { entity: user, entities: users, statuses: [201, 200, 200] },
  { entity: asset, entities: assets, statuses: [201, 200, 204, 200] },
  { entity: note, entities: assets, statuses: [201, 201, 200, 200] },
  { entity: message, entities: messages, statuses: [202, 200, 200] },
  { entity: record, entities: records, statuses: [201, 200, 204, 200] },
  { entity: account, entities: [account], statuses: [201, 200, 200, 200] },
  { entity: car, entities: [car], statuses: [200, 200] },
];

describe('The requests that npm start prints', () => {
  for (const { entity, entities, statuses } of cases) {
    it(`of ${entity.name} are all accepted when they are copied in order`, async () => {
      await using system = await runInProcess(entities, { aggregators: 1 });
      const replies: [number, string][] = [];
      for (const line of tryIt(entity, system.url, entities)) replies.push([await statusOf(line), line]);
      expect(
        replies.map(([status]) => status),
        replies.join('\n'),
      ).to.deep.equal(statuses);
    });
  }
});

/** Runs a printed line as a shell does. Returns the status of the reply. */
const statusOf = async (line: string): Promise<number> => {
  const own = line.replace(/^curl /, 'curl --silent --show-error ');
  const { stdout } = await promisify(execFile)('sh', ['-c', own], { timeout: 10_000 });
  return parseCurlReply(stdout).status;
};
