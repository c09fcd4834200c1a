import type { Entity, EventType } from './entity.ts';
import { findFieldProblem } from './find-field-problem.ts';
import type { Event, Fields, StoredEvent } from './stored-event.ts';

export type ParsedEvent = { kind: 'event'; event: Event } | { kind: 'poison'; problem: string };

/** Returns the number of the current shape of an event type: 1, and one more for each upcast. */
export const shapeOf = ({ upcasts }: EventType): number => upcasts.length + 1;

/**
 * Parses a stored event, after its upcasts. Returns poison, with the reason, if it does not parse. Only types of values
 * are checked: a rule may have changed since the event was stored.
 */
export const parseEvent = (entity: Entity, stored: StoredEvent): ParsedEvent => {
  try {
    return parseCurrent(entity, entity.upcast(stored));
  } catch (error) {
    // an upcast is the entity's own code: a failure parks one stream, and the others go on
    return poison(`its upcast fails: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const parseCurrent = (entity: Entity, stored: StoredEvent): ParsedEvent => {
  const type = entity.events.get(stored.type);
  if (!type) return poison(`the type ${JSON.stringify(stored.type)} is not known to entity "${entity.name}"`);
  const problem = findEnvelopeProblem(stored);
  if (problem) return poison(problem);
  const shape = stored.meta?.shape ?? 1;
  const current = shapeOf(type);
  if (!Number.isSafeInteger(shape) || shape < 1 || shape > current)
    return poison(
      `its data has shape ${JSON.stringify(shape)}, and this program knows the shapes 1 to ${current} of ${type.type}`,
    );
  const data = shape === current ? stored.data : upcastData(type, stored.data, shape);
  const dataProblem = findDataProblem(entity, type, data);
  if (dataProblem) return poison(dataProblem);
  return { kind: 'event', event: { type: type.type, version: stored.version, at: stored.at, data } };
};

const upcastData = ({ upcasts }: EventType, data: Fields, shape: number): Fields =>
  upcasts.slice(shape - 1).reduce((former, upcast) => upcast(former), data);

const findEnvelopeProblem = (stored: StoredEvent): string | undefined => {
  if (!Number.isSafeInteger(stored.version) || stored.version < 1)
    return `its version is ${JSON.stringify(stored.version)}, not an integer from 1`;
  if (!(stored.at instanceof Date)) return 'its "at" is not a date';
  return isObject(stored.data) ? undefined : 'its "data" is not an object';
};

/** Returns the reason why data of the current shape does not parse, or undefined. */
export const findDataProblem = (entity: Entity, type: EventType, data: Fields): string | undefined => {
  if (!isObject(data)) return 'its "data" is not an object after its upcast';
  const found = findFieldProblem(type.fields, type.requiredNames, data);
  switch (found?.kind) {
    case undefined:
      return undefined;
    case 'unknown':
      return `its data has a field ${JSON.stringify(found.name)}, which ${ownerOf(entity, type)} does not have`;
    case 'type':
      return `its field "${found.name}" is not of type ${found.expected}`;
    case 'missing':
      return `its data lacks the field "${found.name}"`;
  }
};

// the events of a record have the fields of the record
const ownerOf = (entity: Entity, { type }: EventType): string => (entity.isRecord ? `entity "${entity.name}"` : type);

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const poison = (problem: string): ParsedEvent => ({ kind: 'poison', problem });
