import { absent, type Entity, evolve, parseEvent, type State } from '@muster/model';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * A stream's state; `parked` where it has an event that could not be understood: the state is the last one before that.
 */
export type Loaded = { state: State; parked: { version: number; problem: string } | undefined };

/** The events of one stream above a version, in order. Throws DeadlineError after `deadlineMs` milliseconds. */
export const readStream = (
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  aboveVersion: number,
  deadlineMs: number,
): Promise<StoredEvent[]> => {
  const found = handlesOf(log)
    .events.find({ entity: entity.name, entityId: id, version: { $gt: aboveVersion } })
    .sort({ version: 1 });
  return withinDeadline(found.toArray(), deadlineMs, `read the events of ${entity.name} "${id}"`);
};

/** A stream's state as the log has it now, from a state that is not newer: that state and the stream's tail. */
export const catchUpState = async (
  log: Log,
  entity: Entity,
  id: string,
  from: State,
  deadlineMs: number,
): Promise<Loaded> => foldStored(entity, await readStream(log, entity, id, from.version, deadlineMs), from);

/**
 * A stream's state from the snapshot and the stream's tail: right even with every aggregator down. Throws DeadlineError
 * after `deadlineMs` milliseconds.
 */
export const loadState = async (log: Log, entity: Entity, id: string, deadlineMs: number): Promise<Loaded> => {
  const startedAt = performance.now();
  const record = await withinDeadline(
    recordsOf(log, entity).findOne({ _id: id }),
    deadlineMs,
    `read the record of ${entity.name} "${id}"`,
  );
  const leftMs = deadlineMs - (performance.now() - startedAt);
  return catchUpState(log, entity, id, record ? stateOf(entity, record) : absent, leftMs);
};

/**
 * The state after these stored events of one stream, in order, up to the first that cannot be understood or that is not
 * the next one.
 */
export const foldStored = (entity: Entity, events: readonly StoredEvent[], from: State): Loaded => {
  let state = from;
  for (const stored of events) {
    if (stored.version <= state.version) continue;
    const { version } = stored;
    if (version !== state.version + 1)
      return { state, parked: { version, problem: `its stream has no version ${state.version + 1}` } };
    const parsed = parseEvent(entity, stored);
    if (parsed.kind === 'poison') return { state, parked: { version, problem: parsed.problem } };
    state = evolve(state, parsed.event);
  }
  return { state, parked: undefined };
};
