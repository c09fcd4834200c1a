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
 * An entity of the tests: what holds must hold for any, and so the tests do not lean on the one that Muster ships with.
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

/** A command of a note, with its input. */
export const commandOf = (name: string, input: Fields = {}, ifVersion?: number): Command => {
  const type = note.commands.get(name);
  if (!type) throw new Error(`A note has no command ${name}`);
  return ifVersion === undefined ? { type, input } : { type, input, ifVersion };
};

/** Anything that may be asked of a note. */
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

/** What a note's log holds after these commands. */
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

/** An event of a note as the log stores it; what is not given is made up. */
export const storedNote = (
  event: Pick<Event, 'type' | 'version'> & Partial<Event>,
  stored: Partial<StoredEvent> = {},
): StoredEvent => {
  const { entityId = 'a', partition = 0 } = stored;
  const { type, version, data = {}, at: happenedAt = at(version) } = event;
  const named = { entity: note.name, entityId, version, partition, type, data, at: happenedAt };
  return { _id: `${partition}:${entityId}:${version}`, ...named, meta: { requestId: 'test' }, ...stored };
};
