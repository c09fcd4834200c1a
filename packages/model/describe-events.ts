import { diffJson } from './diff-json.ts';
import type { Entity } from './entity.ts';
import { parseEvent } from './event.ts';
import { renderState } from './render-state.ts';
import { type Applied, applyStored, type State } from './state.ts';
import type { Fields, Origin, StoredEvent } from './stored-event.ts';

/**
 * An event as clients see it. `changes` is the JSON merge patch from what clients saw before it to what they see after
 * it: null if the thing was deleted. `problem` says why an event cannot be understood; such an event has no `changes`.
 */
export type DescribedEvent = {
  version: number;
  type: string;
  at: Date | undefined;
  actor: string | undefined;
  requestId: string | undefined;
  data: Fields | undefined;
  origin?: Origin; // the event of another site whose state this one took over
  changes?: unknown;
  problem?: string;
};

/**
 * Describes these stored events of one stream, in order, without their changes. The data have today's shape. They are
 * left out if the entity has a `present`, which may hide parts of them. Pure.
 */
export const describeEvents = (entity: Entity, events: readonly StoredEvent[]): DescribedEvent[] =>
  events.map((stored) => describe(entity, stored));

/**
 * Describes these stored events with their changes. `before` is the state before the first one. The events from one
 * that cannot be applied on have a problem in place of changes; `parked` is such a problem of an earlier event. Throws
 * what the entity's `present` throws.
 */
export const describeChanges = (
  entity: Entity,
  id: string,
  events: readonly StoredEvent[],
  before: State,
  parked?: { version: number; problem: string },
): DescribedEvent[] => {
  let [state, shown, failed] = [before, shownOf(entity, id, before), parked];
  return events.map((stored) => {
    const applied = failed ? undefined : applyNext(entity, state, stored);
    if (applied?.kind !== 'state') {
      failed ??= { version: stored.version, problem: applied?.problem ?? '' };
      const problem = `version ${failed.version} cannot be applied: ${failed.problem}`;
      return { ...describe(entity, stored), problem };
    }
    const former = shown;
    state = applied.state;
    shown = shownOf(entity, id, state);
    return { ...describe(entity, stored), changes: diffShown(former, shown) };
  });
};

const applyNext = (entity: Entity, state: State, stored: StoredEvent): Applied =>
  stored.version === state.version + 1
    ? applyStored(entity, state, stored)
    : { kind: 'poison', problem: `its stream has no version ${state.version + 1}` };

/** Returns what clients see of a state, as a value of JSON: null unless the thing is active. */
export const shownOf = (entity: Entity, id: string, state: State): unknown => {
  const { json } = renderState(entity, id, state);
  return json === '' ? null : JSON.parse(json);
};

const diffShown = (before: unknown, after: unknown): unknown =>
  before === null && after === null ? {} : diffJson(before, after);

const describe = (entity: Entity, stored: StoredEvent): DescribedEvent => {
  const parsed = parseEvent(entity, stored);
  const { meta } = stored as { meta?: { [Name in keyof StoredEvent['meta']]?: unknown } | null }; // it may be damaged
  return {
    version: stored.version,
    type: parsed.kind === 'event' ? parsed.event.type : String(stored.type),
    at: stored.at instanceof Date ? stored.at : undefined,
    actor: textOf(meta?.actor),
    requestId: textOf(meta?.requestId),
    data: parsed.kind === 'event' && !entity.present ? parsed.event.data : undefined,
    ...originOf(meta?.origin),
    ...(parsed.kind === 'poison' ? { problem: parsed.problem } : {}),
  };
};

const originOf = (given: unknown): { origin?: Origin } => {
  if (typeof given !== 'object' || given === null) return {};
  const { site, id, version } = given as { [Name in keyof Origin]: unknown };
  return { origin: { site: String(site), id: String(id), version: Number(version) } };
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
