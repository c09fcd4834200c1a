import { Agent } from 'node:http';
import { entities } from '@muster/entities';
import { defineRecord, type RouteDefinition } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { compareRoads, type Drawn, send } from './compare-roads.ts';
import { runInProcess } from './run-in-process.ts';

describe('The fast road and Koa', function () {
  this.timeout(120_000);

  for (const aggregators of [1, 0]) {
    it(`answer random requests with equal status, headers and bodies (${aggregators} aggregators)`, async () => {
      await using system = await runInProcess(entities, { aggregators });
      const { requests, fast, unavailable, statuses, differences } = await compareRoads(system.url, 1_500, 8, 1);
      expect(differences.join('\n'), [...statuses].join(' ')).to.equal('');
      expect(unavailable).to.be.below(0.05 * requests);
      expect(fast / requests).to.be.within(0.2, 0.95); // both kinds were drawn
      expect([...statuses.keys()]).to.include.members([200, 201, 204, 400, 404, 409, 410, 412, 413, 415]);
    });
  }
});

type Label = { readonly label: string };
type Route = RouteDefinition<Label, 'create' | 'update' | 'delete'>;

// one for each of the two requests that are compared
const ids = { plain: 'asitis', throughKoa: 'withmore' };
const label = Joi.string();

/** The own routes of one box. Their addresses begin as that of the entity, and what follows looks like the id. */
const routesOf = (id: string): Route[] => {
  const path = `/api/boxe${id}`;
  const answer: Extract<Route, { runs: string }>['answer'] = (thing) => ({ body: { own: thing?.state.label ?? null } });
  return [
    { method: 'POST', path, body: { label }, runs: 'create', id: () => id, input: ({ body }) => body, answer },
    { method: 'PUT', path, body: { label }, runs: 'update', id: () => id, input: ({ body }) => body, answer },
    { method: 'DELETE', path, runs: 'delete', id: () => id, input: () => ({}), answer },
    { method: 'GET', path, reads: () => id, answer: ({ state }) => ({ status: 203, body: { own: state.label } }) },
  ];
};

const box = defineRecord({
  ...{ name: 'box', title: 'Box', collection: 'Boxes', fields: { label } },
  routes: [
    ...Object.values(ids).flatMap(routesOf),
    {
      method: 'POST',
      path: '/dummy',
      body: 'any',
      runs: 'create',
      input: ({ body }) => body,
      answer: (thing) => ({ status: 202, body: thing?.shown, location: thing?.address ?? '' }),
    },
    { method: 'GET', path: '/labels', readsAll: true, member: (shown) => [String(shown.id), shown.label] },
  ],
});

describe('The own routes of an entity', function () {
  this.timeout(120_000);

  it('are left to Koa by the fast road, also where their addresses look like those of things', async () => {
    await using system = await runInProcess([box], { aggregators: 1 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (method: string, path: string, body?: object) => {
      const type: [string, string][] = body ? [['Content-Type', 'application/json']] : [];
      const drawn: Drawn = { method, path, headers: type, body: body && Buffer.from(JSON.stringify(body)) };
      const plain = await send(agent, system.url, drawn, ids.plain, []);
      const throughKoa = await send(agent, system.url, drawn, ids.throughKoa, [['X-No-Route-Knows', '1']]);
      expect({ ...throughKoa, isFast: plain.isFast }, `${method} ${path}`).to.deep.equal(plain);
      return [plain.isFast, plain.status, plain.body];
    };
    const [created, updated] = [{ label: 'a' }, { label: 'b' }];
    expect(await ask('POST', '/api/boxe{id}', created)).to.deep.equal([false, 200, '{"own":"a"}']);
    expect(await ask('GET', '/api/boxe{id}')).to.deep.equal([false, 203, '{"own":"a"}']);
    // that of a thing is fast
    expect(await ask('GET', '/api/box/{id}')).to.deep.equal([true, 200, '{"id":"{id}","label":"a"}']);
    expect(await ask('PUT', '/api/boxe{id}', updated)).to.deep.equal([false, 200, '{"own":"b"}']);
    expect(await ask('DELETE', '/api/boxe{id}')).to.deep.equal([false, 200, '{"own":null}']);
    expect((await ask('GET', '/api/boxe{id}')).slice(0, 2)).to.deep.equal([false, 410]);
    expect(await ask('POST', '/dummy', { label: 'all' })).to.deep.equal([false, 202, '{"id":"{new}","label":"all"}']);
    expect((await ask('POST', '/dummy', { label: 7 })).slice(0, 2)).to.deep.equal([false, 400]);
    expect(await ask('GET', '/labels')).to.deep.equal([false, 200, '{"{new}":"all","{new}":"all"}']);
    agent.destroy();
  });
});
