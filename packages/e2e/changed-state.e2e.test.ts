import { defineEntity } from '@muster/model';
import { call, eventually, openShell, openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { runInProcess } from './run-in-process.ts';

const cents = Joi.number();
const common = {
  ...{ name: 'jar', collection: 'Jars' },
  events: { JarOpened: { creates: true as const }, JarFilled: { fields: { cents } } },
};
const commands = {
  open: { creates: true as const, decide: () => ({ type: 'JarOpened' as const, data: {} }) },
  fill: {
    input: { cents },
    decide: (input: { readonly cents: number }) => ({ type: 'JarFilled' as const, data: input }),
  },
};

const before = defineEntity({
  ...{ ...common, commands, state: { cents } },
  evolve: { JarOpened: () => ({ cents: 0 }), JarFilled: (state, { data }) => ({ cents: state.cents + data.cents }) },
});
const after = defineEntity({
  ...{ ...common, commands, state: { cents, fills: Joi.number() } },
  evolve: {
    JarOpened: () => ({ cents: 0, fills: 0 }),
    JarFilled: (state, { data }) => ({ cents: state.cents + data.cents, fills: state.fills + 1 }),
  },
});

describe('An entity whose state has a further field', () => {
  for (const aggregators of [2, 0])
    it(`is folded from the log again, with ${aggregators} aggregators`, async () => {
      await using database = await openTestDatabase();
      await using shell = openShell(database);
      const environment = { SNAPSHOT_AFTER_MS: '100' };
      {
        await using old = await runInProcess([before], { aggregators: 2, database, environment });
        await call(old.url, 'POST', '/api/jar', { body: { id: 'a' } });
        await call(old.url, 'POST', '/api/jar/a:fill', { body: { cents: 5 } });
        await eventually(() => shell.db.collection('Jars').findOne({ version: 2, cents: 5 }), Boolean);
      }
      await using system = await runInProcess([after], { aggregators, database, environment });
      const read = () => call(system.url, 'GET', '/api/jar/a');
      const source = aggregators > 0 ? /^aggregator/ : /^database$/;
      const reply = await eventually(read, ({ headers }) => source.test(headers.get('muster-source') ?? ''));
      expect(reply.body).to.deep.equal({ id: 'a', cents: 5, fills: 1 });
      const filled = await call(system.url, 'POST', '/api/jar/a:fill', { body: { cents: 1 } });
      expect(filled.body).to.deep.equal({ id: 'a', cents: 6, fills: 2 });
    });
});
