import {
  absent,
  type Command,
  decide,
  type Entity,
  type Event,
  type Fields,
  fold,
  parseEvent,
  type Refusal,
  type State,
  typeOf,
} from '@muster/model';
import { expect } from 'chai';

/** What happened to a thing, as the log says it: `{ type: 'UserUpdated', data: { group: 2 } }`. */
export type Happened = { type: string; data: Fields };

/** What a command leads to on the state that these events, from version 1 on, fold to. */
export const given = (entity: Entity, ...past: Happened[]) => ({
  when: (command: Command) => {
    const decision = decide(command, stateAfter(entity, past));
    return {
      thenEvent: (event: Happened) => {
        const decided =
          decision.kind === 'event'
            ? { type: typeOf(entity, decision.event.kind), data: decision.event.data }
            : decision;
        expect(decided).to.deep.equal(event);
      },
      thenRefused: (reason: Refusal) => expect(decision).to.deep.equal({ kind: 'refused', reason }),
      thenUnchanged: () => expect(decision).to.deep.equal({ kind: 'unchanged' }),
    };
  },
  thenState: (state: State) => expect(stateAfter(entity, past)).to.deep.equal(state),
});

/** When the event of that version happened in the tests: one a minute. */
export const at = (version: number): Date => new Date(Date.UTC(2026, 0, 1, 0, version));

const stateAfter = (entity: Entity, past: readonly Happened[]): State =>
  fold(
    past.map((one, index) => understood(entity, one, index + 1)),
    absent,
  );

const understood = (entity: Entity, { type, data }: Happened, version: number): Event => {
  const stored = {
    _id: `event-${version}`,
    entity: entity.name,
    entityId: 'a',
    version,
    partition: 0,
    type,
    data,
    at: at(version),
    meta: { requestId: 'test' },
  };
  const parsed = parseEvent(entity, stored);
  if (parsed.kind === 'poison') throw new Error(`Cannot begin with ${type} at version ${version}: ${parsed.problem}`);
  return parsed.event;
};
