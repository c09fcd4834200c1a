import {
  absent,
  type Command,
  decide,
  type Entity,
  encodeFields,
  type Fields,
  parseInput,
  type State,
} from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { asset } from './asset.ts';
import { note } from './note.ts';
import { record } from './record.ts';

// Three sites, each with the state of one thing. A step is a command at a site, or the arrival of a state that another
// site had at some time: perhaps late, twice, or never. The clock of each site is wrong in its own way.

type Step =
  | { kind: 'command'; site: number; name: string; input: Fields }
  | { kind: 'arrival'; from: number; to: number; pick: number };

const names = ['oslo', 'lima', 'kyiv'];
const offsets = [0, -3_600_000, 5];
const start = Date.UTC(2026, 0, 1);

const arrival: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('arrival' as const),
  ...{ from: fc.nat(2), to: fc.nat(2), pick: fc.nat(9) },
});
const commandOf = (name: string, input: fc.Arbitrary<Fields>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant('command' as const), site: fc.nat(2), name: fc.constant(name), input });

const text = fc.constantFrom('a', 'b', 'c');
const timestamp = fc.oneof(fc.nat(4), fc.constantFrom('1970-01-01T00:00:00.003Z', '1970-01-01'));
const commands: readonly [Entity, readonly fc.Arbitrary<Step>[]][] = [
  [asset, [commandOf('create', fc.record({ name: text })), commandOf('delete', fc.constant({}))]],
  [note, [commandOf('create', fc.record({ content: text, asset_id: text }))]],
  [
    record,
    [
      commandOf('update', fc.record({ name: fc.constant('x'), author: text, timestamp })),
      commandOf('remove', fc.constant({})),
    ],
  ],
];

/** Decides a command on a state. Returns the state after it, or the same one. */
const run = (entity: Entity, state: State, command: Command, now: Date): State => {
  const decision = decide(entity, command, state, now);
  return decision.kind === 'event' ? decision.next : state;
};

const adopt = (entity: Entity, state: State, remote: State, now: Date): State => {
  if (remote.status !== 'active' || !entity.adopting) return state;
  return run(entity, state, { type: entity.adopting, input: structuredClone(remote.fields) }, now);
};

const fieldsOf = (state: State): Fields | undefined => (state.status === 'active' ? state.fields : undefined);

/** Lets the steps happen. Returns all states that each site ever had; the last one is the present one. */
const happen = (entity: Entity, steps: readonly Step[]): State[][] => {
  const histories: State[][] = names.map(() => [absent]);
  steps.forEach((step, index) => {
    const site = step.kind === 'command' ? step.site : step.to;
    const history = histories[site] as State[];
    const before = history.at(-1) as State;
    const now = new Date(start + Math.floor(index / 3) + (offsets[site] ?? 0)); // some happen at the same moment
    if (step.kind === 'arrival') {
      const sent = histories[step.from] as State[];
      history.push(adopt(entity, before, sent[step.pick % sent.length] as State, now));
      return;
    }
    const type = entity.commands.get(step.name);
    if (!type) throw new Error(`There is no command ${step.name}`);
    const parsed = parseInput(type, step.input);
    if (parsed.kind !== 'input') throw new Error(`The input of ${step.name} is not valid`);
    history.push(run(entity, before, { type, input: parsed.fields, site: names[site] }, now));
  });
  return histories;
};

for (const [entity, arbitraries] of commands)
  describe(`The merge of ${entity.name}`, () => {
    const steps = fc.array(fc.oneof(...arbitraries, arrival), { maxLength: 24 });
    const histories = steps.map((some) => happen(entity, some));
    const merge = (one: Fields, other: Fields): Fields => {
      const after = adopt(entity, stateOf(one), stateOf(other), new Date(start));
      return (after as State & { fields: Fields }).fields;
    };
    const stateOf = (fields: Fields): State => ({
      ...{ status: 'active', version: 1, fields, createdAt: new Date(start), updatedAt: new Date(start) },
    });

    it('does not depend on the order, and changes nothing the second time', () => {
      fc.assert(
        fc.property(histories, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (all, picks) => {
          const states = all.flat().flatMap((state) => fieldsOf(state) ?? []);
          if (states.length === 0) return;
          const [a, b, c] = picks.map((pick) => states[pick % states.length]) as [Fields, Fields, Fields];
          expect(merge(a, b)).to.deep.equal(merge(b, a));
          expect(merge(merge(a, b), c)).to.deep.equal(merge(a, merge(b, c)));
          expect(merge(a, a)).to.deep.equal(a);
          expect(merge(merge(a, b), b)).to.deep.equal(merge(a, b));
        }),
      );
    });

    it('keeps what each event of a site added', () => {
      fc.assert(
        fc.property(histories, (all) => {
          for (const history of all)
            history.forEach((after, index) => {
              const [old, fresh] = [fieldsOf(history[index - 1] ?? absent), fieldsOf(after)];
              if (old && fresh) expect(merge(fresh, old)).to.deep.equal(fresh);
            });
        }),
      );
    });

    it('makes all sites equal, whatever arrived late, twice or never, once each has the newest of all others', () => {
      fc.assert(
        fc.property(steps, (some) => {
          const last = happen(entity, some).map((history) => history.at(-1) as State);
          for (const to of [0, 1, 2]) // one round: each result has what the site got before
            for (const from of [2, 0, 1])
              last[to] = adopt(entity, last[to] as State, last[from] as State, new Date(start));
          for (const to of [0, 1, 2])
            for (const from of [0, 1, 2])
              last[to] = adopt(entity, last[to] as State, last[from] as State, new Date(start));
          const [first, ...others] = last.map(fieldsOf).map((fields) => fields && encodeFields(fields));
          for (const other of others) expect(other).to.deep.equal(first);
          const again = last.map((to) => last.reduce((state, from) => adopt(entity, state, from, new Date(start)), to));
          expect(again, 'equal sites send each other nothing more').to.deep.equal(last);
        }),
      );
    });
  });
