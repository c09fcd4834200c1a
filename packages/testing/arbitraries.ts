import {
  absent,
  type Command,
  decide,
  defineEntity,
  type Event,
  evolve,
  type Fields,
  findIdFaults,
  type State,
  type StoredEvent,
  typeOf,
} from '@muster/model';
import fc from 'fast-check';
import Joi from 'joi';
import { at } from './given.ts';

/**
 * An entity of the tests: what holds must hold for any, and so the tests do not lean on the one that Muster ships with.
 */
export const note = defineEntity({
  name: 'note',
  title: 'Note',
  collection: 'Notes',
  fields: {
    text: Joi.string().min(1).max(100),
    stars: Joi.number().integer(),
    tags: Joi.array().items(Joi.string()).optional(),
  },
});

const idLetters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'];

/** Every id that is one. */
export const anyId: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom(...idLetters), minLength: 1, maxLength: 64 })
  .filter((id) => findIdFaults(id).length === 0);

const fieldArbitraries = {
  text: fc.constantFrom('one', 'two', 'three', '$where', 'ä😀'),
  stars: fc.constantFrom(-1, 0, 1, 2),
  tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
};

/** All fields of a note; few values, so that changes that change nothing are found. */
export const anyFields: fc.Arbitrary<Fields> = fc.record(fieldArbitraries, { requiredKeys: ['text', 'stars'] });

const anyChanges: fc.Arbitrary<Fields> = fc
  .record(fieldArbitraries, { requiredKeys: [] })
  .filter((changes) => Object.keys(changes).length > 0);

/** Anything that may be asked of a note. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: anyFields.map((fields): Command => ({ kind: 'create', fields })), weight: 2 },
  { arbitrary: anyChanges.map((changes): Command => ({ kind: 'update', changes })), weight: 4 },
  {
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      changes: anyChanges,
      ifVersion: fc.integer({ min: 0, max: 5 }),
    }),
    weight: 1,
  },
  { arbitrary: fc.constant<Command>({ kind: 'delete' }), weight: 1 },
);

/** What a note's log holds after these commands. */
export const historyOf = (commands: readonly Command[]): Event[] => {
  const events: Event[] = [];
  let state: State = absent;
  for (const command of commands) {
    const decision = decide(command, state);
    if (decision.kind !== 'event') continue;
    const version = state.version + 1;
    const event: Event = { ...decision.event, version, at: at(version) };
    events.push(event);
    state = evolve(state, event);
  }
  return events;
};

export const anyHistory: fc.Arbitrary<Event[]> = fc.array(anyCommand, { maxLength: 12 }).map(historyOf);

/** An event of a note as the log stores it; what is not given is made up. */
export const storedNote = (
  event: Pick<Event, 'kind' | 'version'> & Partial<Event>,
  stored: Partial<StoredEvent> = {},
): StoredEvent => {
  const { entityId = 'a', partition = 0 } = stored;
  const { kind, version, data = {}, at: happenedAt = at(version) } = event;
  const named = { entity: note.name, entityId, version, partition, type: typeOf(note, kind), data, at: happenedAt };
  return { _id: `${partition}:${entityId}:${version}`, ...named, meta: { requestId: 'test' }, ...stored };
};
