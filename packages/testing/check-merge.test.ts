import { defineEntity, type Entity } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { checkMerge } from './check-merge.ts';

const levelOf = (merge: (local: { level: number }, remote: { level: number }) => { level: number }): Entity =>
  defineEntity({
    name: 'tank',
    collection: 'Tanks',
    state: { level: Joi.number() },
    events: { Filled: { creates: true, fields: { level: Joi.number() } } },
    evolve: { Filled: (_, { data }) => data },
    commands: {
      fill: {
        creates: true,
        input: { level: Joi.number() },
        decide: (input) => ({ type: 'Filled', data: input }),
      },
    },
    merge,
  });
const states = [{ level: 1 }, { level: 2 }, { level: 3 }];
const highest = (local: { level: number }, remote: { level: number }) => ({
  level: Math.max(local.level, remote.level),
});

describe('The check of a merge', () => {
  it('passes if all laws hold', () => {
    checkMerge(levelOf(highest), states);
  });

  it('fails if the order counts, with the law and the states', () =>
    expect(() =>
      checkMerge(
        levelOf((local) => local),
        states,
      ),
    ).to.throw(
      'Not commutative: merge(a, b) equals merge(b, a): ' +
        '{"a":{"level":1},"b":{"level":2}} gives {"level":2} and {"level":1}',
    ));

  it('fails if a result changes again', () =>
    expect(() =>
      checkMerge(
        levelOf((one, other) => ({ level: one.level + other.level })),
        states,
      ),
    ).to.throw('not idempotent'));

  it('fails if grouping counts', () => {
    const odd = (one: { level: number }, other: { level: number }) =>
      one.level === other.level || one.level + other.level !== 3 ? highest(one, other) : { level: 4 };
    const found = () => checkMerge(levelOf(odd), [...states, { level: 4 }]);
    expect(found).to.throw(/Not (associative|idempotent)|not idempotent/);
  });

  it('cannot be made without a merge', () => {
    const alone = { ...levelOf(highest), adopting: undefined };
    expect(() => checkMerge(alone, states)).to.throw('"tank": it has none');
  });
});
