import { expect } from 'chai';
import Joi from 'joi';
import { checkRoutes, defineEntity, type RouteDefinition } from './index.ts';

const fields = { label: Joi.string() };
const boxWith = (routes: unknown, name = 'box') =>
  defineEntity({
    name,
    collection: `${name}s`,
    state: fields,
    events: { BoxOpened: { creates: true, fields } },
    evolve: { BoxOpened: (_, { data }) => data },
    commands: {
      open: {
        creates: 'ifAbsent',
        id: ({ label }) => label,
        input: fields,
        decide: (input, state) => (state ? { kind: 'unchanged' } : { type: 'BoxOpened', data: input }),
      },
    },
    routes: routes as RouteDefinition<{ readonly label: string }, 'open'>[],
  });
const problemsOf = (routes: unknown): string => {
  try {
    boxWith(routes);
  } catch (error) {
    return String(error);
  }
  return 'none';
};
const reads = { method: 'GET', path: '/box', reads: () => 'a', answer: () => ({}) };
const runs = { method: 'POST', path: '/open', runs: 'open', input: () => ({}), answer: () => ({}) };

describe('The own routes of an entity', () => {
  it('run a command, read one thing or read all', () => {
    expect(
      problemsOf([reads, runs, { method: 'GET', path: '/all', readsAll: true, member: () => undefined }]),
    ).to.equal('none');
  });

  it('are refused with what is wrong', () => {
    for (const [route, problem] of [
      [{ ...reads, path: 'box' }, 'needs a path such as /update'],
      [{ ...reads, path: '/api/events/x' }, 'no address of the engine'],
      [{ ...reads, method: 'POST' }, 'only reads: its method must be GET'],
      [{ ...reads, method: 'get' }, 'needs a method: GET, POST, PUT, DELETE'],
      [{ ...reads, runs: 'open' }, 'needs one of runs, reads and readsAll'],
      [{ ...runs, runs: 'close' }, 'runs "close", which is no command'],
      [{ ...runs, input: undefined }, 'needs input, a function'],
      [{ ...runs, method: 'GET', body: fields }, 'has a body: only a command with POST or PUT can'],
      [{ ...runs, query: { label: 7 } }, 'is not a schema of this Joi'],
      [{ ...runs, anser: 1 }, 'has "anser", which nothing reads'],
      [{ ...runs, legacy: 1 }, 'has a "legacy" that is not true'],
      [7, 'must be an object'],
    ] as const)
      expect(problemsOf([route])).to.include(problem);
    expect(problemsOf([reads, reads])).to.include('it has two routes GET /box: take one out');
    expect(problemsOf({})).to.include('its routes must be a list');
  });

  it('of two entities do not meet, nor lie below the address of an entity', () => {
    expect(() => checkRoutes([boxWith([reads]), boxWith([reads], 'can')])).to.throw('two routes GET /box');
    expect(() => checkRoutes([boxWith([{ ...reads, path: '/api/can/x' }]), boxWith([], 'can')])).to.throw(
      'it is below /api/can, the address of can',
    );
    expect(() => checkRoutes([boxWith([reads]), boxWith([runs], 'can')])).not.to.throw();
  });
});
