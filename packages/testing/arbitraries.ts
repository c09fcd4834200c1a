import {
  absent,
  type Command,
  decide,
  defineRecord,
  type Event,
  type Fields,
  findIdFaults,
  optional,
  type State,
  type StoredEvent,
} from '@muster/model';
import fc from 'fast-check';
import Joi from 'joi';
import { at } from './given.ts';

/**
 * The entity of the tests. They do not use the entity of Muster itself, because its rules must hold for any entity.
 */
export const note = defineRecord({
  name: 'note',
  title: 'Note',
  collection: 'Notes',
  fields: {
    text: Joi.string().min(1).max(100),
    stars: Joi.number().integer(),
    tags: optional(Joi.array().items(Joi.string())),
  },
});

const idLetters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'];

/** Any valid id. */
export const anyId: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom(...idLetters), minLength: 1, maxLength: 64 })
  .filter((id) => findIdFaults(id).length === 0);

const fieldArbitraries = {
  text: fc.constantFrom('one', 'two', 'three', '$where', 'ä😀'),
  stars: fc.constantFrom(-1, 0, 1, 2),
  tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
};

/** All fields of a note. It has few values, so that some updates change nothing. */
export const anyFields: fc.Arbitrary<Fields> = fc.record(fieldArbitraries, { requiredKeys: ['text', 'stars'] });

// null removes a field that may be missing
const changeArbitraries = { ...fieldArbitraries, tags: fc.option(fieldArbitraries.tags, { freq: 4 }) };

const anyChanges: fc.Arbitrary<Fields> = fc
  .record(changeArbitraries, { requiredKeys: [] })
  .filter((changes) => Object.keys(changes).length > 0);

/** A command for a note, with its input. */
export const commandOf = (name: string, input: Fields = {}, ifVersion?: number): Command => {
  const type = note.commands.get(name);
  if (!type) throw new Error(`A note has no command ${name}`);
  return ifVersion === undefined ? { type, input } : { type, input, precondition: { match: [ifVersion] } };
};

/** Any command for a note. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: anyFields.map((fields) => commandOf('create', fields)), weight: 2 },
  { arbitrary: anyChanges.map((changes) => commandOf('update', changes)), weight: 4 },
  {
    arbitrary: fc
      .tuple(anyChanges, fc.integer({ min: 0, max: 5 }))
      .map(([changes, ifVersion]) => commandOf('update', changes, ifVersion)),
    weight: 1,
  },
  { arbitrary: fc.constant(commandOf('delete')), weight: 1 },
);

/** Returns the events of a note after these commands. */
export const historyOf = (commands: readonly Command[]): Event[] => {
  const events: Event[] = [];
  let state: State = absent;
  for (const command of commands) {
    const version = state.version + 1;
    const decision = decide(note, command, state, at(version));
    if (decision.kind !== 'event') continue;
    events.push({ ...decision.event, version, at: at(version) });
    state = decision.next;
  }
  return events;
};

export const anyHistory: fc.Arbitrary<Event[]> = fc.array(anyCommand, { maxLength: 12 }).map(historyOf);

/** Returns an event of a note in stored form, with defaults for the missing parts. */
export const storedNote = (
  event: Pick<Event, 'type' | 'version'> & Partial<Event>,
  stored: Partial<StoredEvent> = {},
): StoredEvent => {
  const { entityId = 'a', partition = 0 } = stored;
  const { type, version, data = {}, at: happenedAt = at(version) } = event;
  const named = { entity: note.name, entityId, version, partition, type, data, at: happenedAt };
  return { _id: `${partition}:${entityId}:${version}`, ...named, meta: { requestId: 'test' }, ...stored };
};
