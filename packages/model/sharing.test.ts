import { at } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { decide, EntityBroken } from './decide.ts';
import { deleted } from './decision.ts';
import { defineEntity } from './define-entity.ts';
import type { Entity } from './entity.ts';
import { optional } from './optional.ts';
import type { Merge } from './sharing.ts';
import { sharingTypesOf } from './sharing.ts';
import { absent, evolve, type State } from './state.ts';
import type { Fields } from './stored-event.ts';

const union = (one: unknown, other: unknown): string[] => [...new Set([one, other].flat() as string[])].sort();
const highest: Merge = (local, remote) => ({
  ...{ stars: Math.max(Number(local.stars), Number(remote.stars)), tags: union(local.tags, remote.tags) },
  ...(local.isGone || remote.isGone ? { isGone: true } : {}),
});

/** A definition without a fault, as JavaScript has it. Each test changes one thing of it. */
const right = {
  name: 'old-jar',
  collection: 'Jars',
  state: { stars: Joi.number(), tags: Joi.array().items(Joi.string()), isGone: optional(Joi.boolean()) },
  events: {
    JarOpened: { creates: true, fields: { stars: Joi.number() } },
    JarBroken: {},
  },
  evolve: {
    JarOpened: (_: unknown, { data }: { data: object }) => ({ ...data, tags: [] }),
    JarBroken: () => deleted,
  },
  commands: {
    open: { creates: true, input: { stars: Joi.number() }, decide: (data: object) => ({ type: 'JarOpened', data }) },
    break: { decide: () => ({ type: 'JarBroken', data: {} }) },
  },
  merge: highest,
};
const jarWith = (changes: object): Entity => defineEntity({ ...right, ...changes } as never) as Entity;
const problemOf = (changes: object): string => {
  try {
    jarWith(changes);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

/** What a jar with these fields decides when it takes over these fields of another site. */
const adoptBy = (jar: Entity, local: Fields | undefined, remote: Fields) => {
  const adopted = sharingTypesOf(jar.name).adopted;
  const state: State =
    local === undefined ? absent : evolve(jar, absent, { type: adopted, data: local, version: 1, at: at(1) });
  if (!jar.adopting) throw new Error('it is not shared');
  return decide(jar, { type: jar.adopting, input: remote }, state, at(2));
};
const brokenBy = (jar: Entity, local: Fields, remote: Fields): string => {
  try {
    return adoptBy(jar, local, remote).kind;
  } catch (error) {
    if (!(error instanceof EntityBroken)) throw error;
    return error.message;
  }
};
const [few, many] = [
  { stars: 1, tags: ['a'] },
  { stars: 2, tags: ['b'] },
];

describe('An entity with a merge', () => {
  it('has two events more, which create a thing and change it, and a command that no client can run', () => {
    const jar = jarWith({});
    expect(sharingTypesOf('old-jar')).to.deep.equal({ adopted: 'OldJarAdopted', merged: 'OldJarMerged' });
    expect([...jar.events.keys()]).to.deep.equal(['JarOpened', 'JarBroken', 'OldJarAdopted', 'OldJarMerged']);
    expect(jar.events.get('OldJarAdopted')).to.deep.include({ creates: true, requiredNames: ['stars', 'tags'] });
    expect(jar.events.get('OldJarMerged')).to.deep.include({ creates: false, requiredNames: ['stars', 'tags'] });
    expect(jar.adopting).to.deep.include({ name: 'adopt', isInternal: true });
    expect([...jar.commands.keys()]).to.deep.equal(['open', 'break']);
    const alone = jarWith({ merge: undefined });
    expect([alone.adopting, alone.events.size]).to.deep.equal([undefined, 2]);
  });

  it('takes over a thing that it lacks as it is, and merges one that it has', () => {
    const jar = jarWith({});
    const created = adoptBy(jar, undefined, few);
    expect(created).to.deep.include({ kind: 'event', event: { type: 'OldJarAdopted', data: few, shape: 1 } });
    expect(created.kind === 'event' && created.next).to.deep.include({ status: 'active', version: 1, fields: few });
    const merged = adoptBy(jar, few, many);
    const both = { stars: 2, tags: ['a', 'b'] };
    expect(merged).to.deep.include({ kind: 'event', event: { type: 'OldJarMerged', data: both, shape: 1 } });
    expect(merged.kind === 'event' && merged.next).to.deep.include({ status: 'active', version: 2, fields: both });
  });

  it('needs no event for what it knows', () => {
    const jar = jarWith({});
    for (const remote of [few, { stars: 0, tags: [] }, { stars: 1, tags: [] }])
      expect(adoptBy(jar, few, remote)).to.deep.equal({ kind: 'unchanged' });
    // a field without a value is none
    const loose = jarWith({ merge: (...given: Parameters<Merge>) => ({ isGone: undefined, ...highest(...given) }) });
    expect(adoptBy(loose, few, few)).to.deep.equal({ kind: 'unchanged' });
    expect(adoptBy(loose, few, many))
      .to.have.nested.property('event.data')
      .that.deep.equals({ stars: 2, tags: ['a', 'b'] });
  });

  it('does not bring back a thing that a command deleted', () => {
    const jar = jarWith({});
    const state = evolve(jar, evolve(jar, absent, { type: 'JarOpened', data: { stars: 1 }, version: 1, at: at(1) }), {
      ...{ type: 'JarBroken', data: {}, version: 2, at: at(2) },
    });
    const decision = jar.adopting && decide(jar, { type: jar.adopting, input: few }, state, at(3));
    expect(decision).to.deep.equal({ kind: 'refused', reason: 'Deleted' });
  });

  it('takes over that a thing is gone, and merges one that is gone here', () => {
    const jar = jarWith({ gone: ({ isGone }: Fields) => isGone === true });
    const gone = { ...many, isGone: true };
    expect(adoptBy(jar, few, gone)).to.have.nested.property('event.type', 'OldJarMerged');
    expect(adoptBy(jar, gone, { stars: 7, tags: [] }))
      .to.have.nested.property('event.data')
      .that.deep.equals({
        ...{ stars: 7, tags: ['b'], isGone: true },
      });
    expect(adoptBy(jar, gone, few)).to.have.property('kind', 'event');
  });
});

describe('A merge', () => {
  const mergeWith = (merge: Merge, more: object = {}) => jarWith({ merge, ...more });

  it('that is not idempotent would never end: it gives an error, and no event', () => {
    const adds: Merge = (local, remote) => ({ ...local, stars: Number(local.stars) + Number(remote.stars) });
    expect(brokenBy(mergeWith(adds), few, many)).to.match(
      /^Cannot run adopt of entity "old-jar": its decide throws: its merge is not idempotent: .*; mend the .* file$/,
    );
    // it prefers the other site, so two sites would swap their states for ever
    const swaps: Merge = (_, remote) => remote;
    expect(brokenBy(mergeWith(swaps), few, many)).to.contain('its merge is not idempotent');
  });

  it('that changes what it is given gives an error, and no event', () => {
    const before = structuredClone([few, many]);
    for (const changes of [
      (local: Fields, remote: Fields) => {
        (local.tags as string[]).push('x');
        return highest(local, remote);
      },
      (local: Fields, remote: Fields) => Object.assign(remote, local),
      (local: Fields, remote: Fields) => {
        (remote.tags as string[]).push('x');
        return highest(local, remote);
      },
    ])
      expect(brokenBy(mergeWith(changes), structuredClone(few), structuredClone(many))).to.match(
        /read only|not extensible/,
      );
    expect([few, many]).to.deep.equal(before);
  });

  it('that brings back what is gone gives an error, unless a command of the entity may do that', () => {
    const forgets: Merge = (local, remote) => {
      const { isGone: _, ...state } = highest(local, remote);
      return state;
    };
    const gone = ({ isGone }: Fields) => isGone === true;
    const part = 'its merge brings back a thing that is gone';
    expect(brokenBy(mergeWith(forgets, { gone }), { ...few, isGone: true }, many)).to.contain(part);
    expect(brokenBy(mergeWith(forgets, { gone }), few, { ...many, isGone: true })).to.contain(part);
    const open = {
      creates: 'ifAbsent',
      revives: true,
      input: { stars: Joi.number() },
      decide: right.commands.open.decide,
    };
    const revivable = mergeWith(forgets, { gone, commands: { ...right.commands, open } });
    expect(brokenBy(revivable, { ...few, isGone: true }, many)).to.equal('event');
  });

  it('that throws, or gives what is no state, gives an error, and no event', () => {
    const wrongs: [merge: unknown, part: string][] = [
      [
        () => {
          throw new Error('no idea');
        },
        'its decide throws: no idea',
      ],
      [() => ({ stars: 1 }), '"tags" is required'],
      [() => ({ stars: 'many', tags: [] }), '"stars" must be a number'],
      [() => ({ stars: 1, tags: [], more: 1 }), '"more" is not allowed'],
      [() => undefined, 'old-jar'],
      [() => null, 'old-jar'],
      [() => 7, 'old-jar'],
      [async (local: Fields) => local, 'old-jar'],
    ];
    for (const [merge, part] of wrongs) {
      const message = brokenBy(mergeWith(merge as Merge), few, many);
      expect(message, part).to.contain('Cannot run adopt of entity "old-jar"').and.contain(part);
    }
  });
});

describe('The definition of an entity with a merge', () => {
  it('leaves the names of both events to the engine', () => {
    const definition = (type: string) => ({
      events: { ...right.events, [type]: {} },
      evolve: { ...right.evolve, [type]: () => deleted },
    });
    for (const type of ['OldJarAdopted', 'OldJarMerged']) {
      const text = `the engine needs the event type "${type}" for things of other sites: choose another name`;
      expect(problemOf(definition(type))).to.contain(text);
      expect(problemOf({ ...definition(type), merge: undefined }), 'without a merge, both are free').to.equal('');
    }
    expect(problemOf(definition('JarMerged'))).to.equal('');
  });

  it('leaves the name of the command to the engine', () => {
    const commands = { ...right.commands, adopt: { decide: () => ({ type: 'JarBroken', data: {} }) } };
    expect(problemOf({ commands })).to.contain('adopt');
  });

  it('has a function as its merge', () => {
    for (const merge of [true, 'union', {}, null])
      expect(problemOf({ merge }), String(merge)).to.contain('merge must be a function');
  });
});
