import {
  absent,
  decide,
  decodeFields,
  type Entity,
  EntityBroken,
  type Fields,
  isId,
  type Origin,
  type State,
} from '@muster/model';
import { partitionOf } from '@muster/placement';
import { append, databaseNow, type Loaded, loadState, logIdOf, type StoredEvent } from '@muster/store';
import { v7 } from 'uuid';
import type { Follower } from './follower.ts';
import { knownOf, noteKnown } from './known-states.ts';
import { inPlace } from './places.ts';

/** A thing of another site: the fields of its state there in JSON, and the event after which it had them. */
export type Remote = { entity: Entity; id: string; fields: unknown; origin: Origin };

/** `refused`: it cannot be adopted as it is. `unavailable`: try again. */
export type Adopted =
  | { kind: 'adopted' }
  | { kind: 'known' }
  | { kind: 'refused'; problem: string }
  | { kind: 'unavailable'; why: string };

const deadlineMs = 5_000;
const conflictsMax = 100;
const lettersMax = 3_000_000; // a merge of two such states still fits into a document of the database

/**
 * Lets a thing of this site take over what another site knows of it, by a command of its entity. That appends at most
 * one event, and nothing if this site knows it already. Never throws.
 */
export const adopt = async (follower: Follower, remote: Remote): Promise<Adopted> => {
  const { working } = follower;
  const key = `${remote.entity.name}:${remote.id}`;
  // two sites often have the same news: then the second one finds the thing known
  while (working.has(key)) await working.get(key);
  const adopting = adoptAlone(follower, remote);
  working.set(key, adopting);
  return adopting.finally(() => working.delete(key));
};

const adoptAlone = async (follower: Follower, remote: Remote): Promise<Adopted> => {
  const parsed = parseRemote(remote);
  if (parsed.kind === 'refused') return parsed;
  try {
    return await adoptFields(follower, remote, parsed.fields);
  } catch (error) {
    // the entity's own code fails again, the database perhaps not
    if (error instanceof EntityBroken) return refuse(error.message);
    return { kind: 'unavailable', why: messageOf(error) };
  }
};

const refuse = (problem: string) => ({ kind: 'refused', problem }) as const;

const parseRemote = ({ entity, id, fields: given }: Remote): { kind: 'fields'; fields: Fields } | Refused => {
  if (!isId(id)) return refuse('its id is not valid here');
  if (given === null || given === undefined) return refuse('its state there is deleted, or cannot be understood there');
  try {
    const letters = JSON.stringify(given).length;
    if (letters > lettersMax)
      return refuse(`its state has ${letters} letters as JSON, and at most ${lettersMax} are adopted`);
    const fields = decodeFields(given);
    const { error } = entity.adopting?.schema.validate(fields) ?? {};
    return error ? refuse(error.message) : { kind: 'fields', fields };
  } catch (error) {
    return refuse(messageOf(error));
  }
};

type Refused = Extract<Adopted, { kind: 'refused' }>;

const adoptFields = async (follower: Follower, remote: Remote, input: Fields): Promise<Adopted> => {
  const { log, clock, known, queue, reads } = follower;
  const { entity, id } = remote;
  if (!entity.adopting) return refuse('its entity has no merge here');
  let guess = guessState(follower, remote);
  for (let conflicts = 0; conflicts < conflictsMax; conflicts += 1) {
    // before the state is read: if the log is replaced after this, the append is refused
    const logId = logIdOf(log);
    const { state, parked } = guess ?? (await inPlace(reads, () => loadState(log, entity, id, deadlineMs)));
    guess = undefined;
    if (parked) return refuse(`its stream is parked here: ${parked.problem}`);
    const at = databaseNow(clock, changedAt(state));
    const decision = decide(entity, { type: entity.adopting, input }, state, at);
    // also if the state is not the newest one: what a thing knows, no later event takes away
    if (decision.kind === 'unchanged') {
      if (logIdOf(log) === logId) noteKnown(known, entity, id, state);
      return { kind: 'known' };
    }
    if (decision.kind !== 'event') return refuse(`the thing is ${state.status} here`);
    const event = eventOf(follower, remote, state.version + 1, at, decision.event);
    const appended = await append(log, queue, event, deadlineMs, logId);
    if (appended.kind === 'appended') {
      if (logIdOf(log) === logId) noteKnown(known, entity, id, decision.next);
      return { kind: 'adopted' };
    }
    if (appended.kind !== 'conflict') return { kind: 'unavailable', why: appended.why };
  }
  return { kind: 'unavailable', why: `somebody else was faster ${conflictsMax} times` };
};

// the unique index of versions refuses what was decided on a state that is too old
const guessState = ({ known }: Follower, { entity, id, origin }: Remote): Loaded | undefined => {
  const state = knownOf(known, entity, id) ?? (origin.version === 1 ? absent : undefined);
  return state && { state, parked: undefined };
};

// the time of an event is never before the time of the previous one
const changedAt = (state: State): Date | undefined => (state.status === 'active' ? state.updatedAt : undefined);

const eventOf = (
  { settings }: Follower,
  { entity, id, origin }: Remote,
  version: number,
  at: Date,
  { type, data, shape = 1 }: { type: string; data: Fields; shape?: number },
): StoredEvent => ({
  ...{ _id: v7(), entity: entity.name, entityId: id, version, type, data, at },
  partition: partitionOf(entity.name, id, settings.PARTITIONS),
  meta: { requestId: origin.id, actor: `site:${origin.site}`, shape, origin },
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
