import { deepStrictEqual, fail } from 'node:assert/strict';
import {
  absent,
  applyStored,
  type DataOf,
  type Decision,
  decide,
  deepFreeze,
  type EngineRefusal,
  type Entity,
  type Fault,
  type Fields,
  parseInput,
  type State,
  type StoredEvent,
  type TypedEntity,
} from '@muster/model';

type FieldsOf<Event> = Event extends { fields: infer Own } ? Own : Record<never, never>;

/**
 * An event of a thing, as in the log: `{ type: 'MoneyDeposited', data: { cents: 5 } }`. With `shape`, its data has that
 * former shape.
 */
export type Happened<Events> =
  | { [Type in keyof Events]: { type: Type; data: DataOf<FieldsOf<Events[Type]>>; shape?: never } }[keyof Events]
  | { type: keyof Events; data: Fields; shape: number };

/** The version in `If-Match`, and the time of the command. Without a time, versions are one minute apart. */
export type WhenOptions = { ifVersion?: number; now?: Date };

/**
 * Tests the rules of an entity without a server: given these events, from version 1 on, when this command is decided,
 * then this is the result. Each `then…` throws an AssertionError if the result differs. States and inputs are frozen,
 * so that a `decide` or an `evolve` that changes them fails.
 */
export const given = <State extends object, Events, Inputs, Reason extends string>(
  entity: TypedEntity<State, Events, Inputs, Reason>,
  ...past: Happened<Events>[]
) => ({
  when: <Name extends keyof Inputs & string>(name: Name, input?: DataOf<Inputs[Name]>, options: WhenOptions = {}) => {
    const outcome = run(entity, stateAfter(entity, past as LooseEvent[]), name, (input ?? {}) as Fields, options);
    return {
      /** The command results in this event. */
      thenEvent: <Type extends keyof Events & string>(type: Type, data: DataOf<FieldsOf<Events[Type]>>): void =>
        deepStrictEqual(shown(outcome), { event: { type, data } }),
      /** The state forbids the command. */
      thenRefused: (reason: Reason | EngineRefusal): void => deepStrictEqual(shown(outcome), { refused: reason }),
      /** The command changes nothing. */
      thenUnchanged: (): void => deepStrictEqual(shown(outcome), 'unchanged'),
      /** The input has faults at these places, each a JSON pointer such as `/cents`. */
      thenInvalid: (...pointers: string[]): void =>
        deepStrictEqual(
          outcome.kind === 'invalid'
            ? { invalid: [...new Set(outcome.faults.map(({ pointer }) => pointer))] }
            : shown(outcome),
          { invalid: pointers },
        ),
      /** The command results in this state. */
      thenState: (state: State): void =>
        deepStrictEqual(outcome.kind === 'event' ? ownState(outcome.next) : shown(outcome), state),
      /** The command deletes the thing. */
      thenDeleted: (): void =>
        deepStrictEqual(outcome.kind === 'event' ? outcome.next.status : shown(outcome), 'deleted'),
    };
  },
  /** The events result in this state. */
  thenState: (state: State): void => deepStrictEqual(ownState(stateAfter(entity, past as LooseEvent[])), state),
  /** The events delete the thing. */
  thenDeleted: (): void => deepStrictEqual(stateAfter(entity, past as LooseEvent[]).status, 'deleted'),
});

type Asked<Inputs> = { [Name in keyof Inputs]: readonly [name: Name, input: DataOf<Inputs[Name]>] }[keyof Inputs];

/** A command of an entity with its input, for property tests: `['deposit', { cents: 5 }]`. */
export type CommandOf<Of> =
  Of extends TypedEntity<infer _State, infer _Events, infer Inputs, infer _Reason> ? Asked<Inputs> : never;

/**
 * Runs these commands in order on a new thing. Returns the events, and the state after each command. Throws an Error
 * for an invalid input. Pure.
 */
export const play = <State extends object, Events, Inputs, Reason extends string>(
  entity: TypedEntity<State, Events, Inputs, Reason>,
  commands: readonly Asked<Inputs>[],
): { events: Happened<Events>[]; states: (State | 'absent' | 'deleted')[] } => {
  const events: Happened<Events>[] = [];
  const states: (State | 'absent' | 'deleted')[] = [];
  let state = absent;
  for (const [name, input] of commands) {
    const outcome = run(entity, state, name as string, input as Fields, {});
    if (outcome.kind === 'invalid') fail(describeFaults(name as string, outcome.faults));
    if (outcome.kind !== 'event') continue;
    state = deepFreeze(outcome.next);
    const { type, data } = outcome.event;
    events.push({ type, data } as Happened<Events>);
    states.push(ownState(state) as State | 'absent' | 'deleted');
  }
  return { events, states };
};

/** The time of the event of that version in a test: one event per minute. */
export const at = (version: number): Date => new Date(Date.UTC(2026, 0, 1, 0, version));

/** Returns the state after these events, from version 1 on. Throws an Error for an event that does not parse. */
export const stateAfter = (entity: Entity, past: readonly LooseEvent[]): State =>
  past.reduce((state, event, index) => {
    const applied = applyStored(entity, state, storedOf(entity, event, index + 1));
    if (applied.kind === 'state') return deepFreeze(applied.state);
    throw new Error(`Cannot begin with ${event.type} at version ${index + 1}: ${applied.problem}`);
  }, absent);

type LooseEvent = { type: string; data: Fields; shape?: number };
type Outcome = Decision | { kind: 'invalid'; faults: Fault[] };

const run = (entity: Entity, state: State, name: string, input: Fields, options: WhenOptions): Outcome => {
  const type = entity.commands.get(name) ?? fail(`The ${entity.name} has no command "${name}"`);
  const parsed = parseInput(type, input);
  if (parsed.kind === 'faults') return { kind: 'invalid', faults: parsed.faults };
  const { ifVersion } = options;
  const precondition = ifVersion === undefined ? {} : { precondition: { match: [ifVersion] } };
  const command = { type, input: deepFreeze(parsed.fields), ...precondition };
  return decide(entity, command, state, options.now ?? at(state.version + 1));
};

const shown = (outcome: Outcome): unknown => {
  switch (outcome.kind) {
    case 'event':
      return { event: { type: outcome.event.type, data: outcome.event.data } };
    case 'unchanged':
      return 'unchanged';
    case 'refused':
    case 'declared':
      return { refused: outcome.reason };
    case 'invalid':
      return describeFaults('The command', outcome.faults);
  }
};

const describeFaults = (what: string, faults: readonly Fault[]): string =>
  `${what} has an invalid input: ${faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`;

const ownState = (state: State): unknown => (state.status === 'active' ? state.fields : state.status);

const storedOf = (entity: Entity, { type, data, shape }: LooseEvent, version: number): StoredEvent => ({
  _id: `event-${version}`,
  entity: entity.name,
  entityId: 'a',
  version,
  partition: 0,
  type,
  data: deepFreeze(data),
  at: at(version),
  meta: { requestId: 'test', shape: shape ?? (entity.events.get(type)?.upcasts.length ?? 0) + 1 },
});
