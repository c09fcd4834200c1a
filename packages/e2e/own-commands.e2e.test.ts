import { defineEntity, defineRecord, deleted, optional, unchanged } from '@muster/model';
import { type CallOptions, call, eventually, openShell } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const visit = defineRecord({
  name: 'visit',
  title: 'Visit',
  collection: 'Visits',
  fields: { from: Joi.date().min('2000-01-01'), days: optional(Joi.array().items(Joi.date())) },
});

const ticket = defineEntity({
  name: 'ticket',
  collection: 'Tickets',
  state: { seat: Joi.string(), soldAt: Joi.date() },
  events: {
    TicketSold: { creates: true, fields: { seat: Joi.string() } },
    SeatChanged: { fields: { seat: Joi.string() } },
    TicketTorn: {},
  },
  evolve: {
    TicketSold: (_, { data, at }) => ({ seat: data.seat, soldAt: at }),
    SeatChanged: (state, { data }) => ({ ...state, seat: data.seat }),
    TicketTorn: () => deleted,
  },
  commands: {
    sell: {
      creates: true,
      input: { seat: Joi.string() },
      decide: ({ seat }) => ({ type: 'TicketSold', data: { seat } }),
    },
    move: {
      input: { seat: optional(Joi.string()) },
      decide: ({ seat }, state) => {
        if (seat === 'roof') throw new Error('there is no roof');
        return seat && seat !== state.seat ? { type: 'SeatChanged', data: { seat } } : unchanged;
      },
    },
    tear: { decide: () => ({ type: 'TicketTorn', data: {} }) },
  },
});

for (const { way, aggregators } of [
  { way: 'from memory', aggregators: 2 },
  { way: 'with every aggregator down', aggregators: 0 },
])
  describe(`Commands of an entity, ${way},`, () => {
    let system: InProcess;
    const ask = (method: string, path: string, options?: CallOptions) => call(system.url, method, path, options);
    const sell = (id: string) => ask('POST', '/api/ticket', { body: { id, seat: 'A1' } });
    const countEvents = async (entityId: string) => {
      await using shell = openShell(system);
      return await shell.events.countDocuments({ entityId });
    };
    before(async () => {
      system = await runInProcess([visit, ticket], { aggregators });
    });
    after(() => system[Symbol.asyncDispose]());

    it('may delete the thing: 204, and from then on it is gone', async () => {
      await sell('torn');
      const torn = await ask('POST', '/api/ticket/torn:tear');
      expect([torn.status, torn.text, torn.headers.get('etag')]).to.deep.equal([204, '', '"2"']);
      expect((await ask('GET', '/api/ticket/torn')).status).to.equal(410);
      expect((await ask('POST', '/api/ticket/torn:tear')).status).to.equal(410);
      expect((await sell('torn')).status).to.equal(409);
    });

    it('need no body where nothing is required, and refuse one that is not JSON', async () => {
      await sell('bare');
      const move = (options?: CallOptions) => ask('POST', '/api/ticket/bare:move', options);
      expect([(await move()).status, (await move({ body: {} })).status]).to.deep.equal([200, 200]);
      expect((await move({ raw: '{"seat"' })).status).to.equal(400);
      expect((await move({ raw: 'seat=B2', headers: { 'content-type': 'text/plain' } })).status).to.equal(415);
      expect((await move({ body: { seat: 'B2' }, headers: { 'if-match': '"7"' } })).status).to.equal(412);
      expect((await move({ body: { seat: 'B2' }, headers: { 'if-match': '"1"' } })).body.seat).to.equal('B2');
      expect(await countEvents('bare')).to.equal(2);
    });

    it('that fail through a fault of the entity get 500 and append nothing, and the next ones run', async () => {
      await sell('odd');
      const failed = await ask('POST', '/api/ticket/odd:move', { body: { seat: 'roof' } });
      expect([failed.status, failed.body.type]).to.deep.equal([500, '/problems/fault']);
      expect(failed.text).to.not.include('roof');
      expect(await countEvents('odd')).to.equal(1);
      expect((await ask('POST', '/api/ticket/odd:move', { body: { seat: 'B3' } })).status).to.equal(200);
    });

    it('of a record are PUT and DELETE, or its commands by name', async () => {
      const from = '2026-01-31T09:30:00.000Z';
      expect((await ask('POST', '/api/visit', { body: { id: 'v', from } })).body).to.deep.equal({ id: 'v', from });
      const updated = await ask('POST', '/api/visit/v:update', { body: { days: ['2026-02-01'] } });
      expect(updated.body).to.deep.equal({ id: 'v', from, days: ['2026-02-01T00:00:00.000Z'] });
      const same = await ask('PUT', '/api/visit/v', { body: { from } });
      expect(same.headers.get('etag')).to.equal('"2"'); // the date is the same: nothing is appended
      const other = await ask('POST', '/api/visit/v:update', { body: { id: 'w', from } });
      expect([other.status, other.body.errors[0].pointer]).to.deep.equal([400, '/id']); // the address says v
      expect((await ask('POST', '/api/visit/v:paint')).body.commands).to.deep.equal(['create', 'update', 'delete']);
      expect((await ask('POST', '/api/visit/v:delete')).status).to.equal(204);
      expect((await ask('GET', '/api/visit/v')).status).to.equal(410);
    });

    it('take dates as ISO 8601 text, and store them as dates', async () => {
      const refused = await ask('POST', '/api/visit', { body: { from: '31.01.2026', days: ['1999-01-01', 5] } });
      expect(refused.body.errors).to.deep.equal([
        {
          pointer: '/from',
          code: 'not-a-date',
          detail: '"from" must be a date in ISO 8601, such as 2026-01-31T09:30:00Z',
        },
        {
          pointer: '/days/1',
          code: 'not-a-date',
          detail: '"days[1]" must be a date in ISO 8601, such as 2026-01-31T09:30:00Z',
        },
      ]);
      expect((await ask('POST', '/api/visit', { body: { from: '1999-12-31' } })).body.errors[0].pointer).to.equal(
        '/from',
      );
      await ask('POST', '/api/visit', { body: { id: 'dated', from: '2026-01-31T09:30:00+01:00' } });
      await using shell = openShell(system);
      const stored = await shell.events.findOne({ entityId: 'dated' });
      expect(stored?.data).to.deep.equal({ from: new Date('2026-01-31T08:30:00Z') });
      expect(stored?.meta).to.not.have.property('shape'); // the events of records keep their form
      const read = await eventually(
        () => ask('GET', '/api/visit/dated'),
        ({ status }) => status === 200,
      );
      expect(read.body.from).to.equal('2026-01-31T08:30:00.000Z');
    });
  });
