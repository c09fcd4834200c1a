import { isDeepStrictEqual } from 'node:util';
import { compileData } from './compile-schema.ts';
import type { FieldSchemas } from './data-of.ts';
import { unchanged } from './decision.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { CommandType, Entity, EventType } from './entity.ts';
import { requiredOf, strictSchemaOf } from './field-schemas.ts';
import type { Fields } from './stored-event.ts';
import { withoutUndefined } from './without-undefined.ts';

// How a thing takes over what another site knows of it: by a command of the engine, which merges both states

/** Merges two states of one thing, of this site and of another one. */
export type Merge = (local: Fields, remote: Fields) => Fields;

/** What an entity with a `merge` needs: the rules of its states, and its own commands. */
export type SharingOptions = {
  name: string;
  fields: FieldSchemas;
  merge: Merge;
  gone: Entity['gone'];
  isRevivable: boolean; // a command brings back things that are gone
};

/** The types of the events by which a thing takes over a state: one creates it, the other changes it. */
export const sharingTypesOf = (name: string): { adopted: string; merged: string } => {
  const title = name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
  return { adopted: `${title}Adopted`, merged: `${title}Merged` };
};

/** Makes the two events by which a thing takes over a state. Their data are the whole state after them. */
export const sharingEventsOf = ({ name, fields }: SharingOptions): EventType[] => {
  const { adopted, merged } = sharingTypesOf(name);
  const common = {
    fields: fields as Record<string, never>,
    requiredNames: requiredOf(fields),
    ...compileData(strictSchemaOf(fields)),
    upcasts: [],
    evolve: (_: Fields | undefined, { data }: { data: Fields }) => data,
  };
  return [
    { ...common, type: adopted, creates: true },
    { ...common, type: merged, creates: false },
  ];
};

/**
 * Makes the command by which a thing takes over a state. Its input is the state of the other site. Its `decide` throws
 * an Error if the entity's `merge` breaks a law that it can see: then sites would send each other events for ever.
 */
export const adoptingOf = (options: SharingOptions): CommandType => {
  const { name, fields } = options;
  const { adopted, merged } = sharingTypesOf(name);
  return {
    ...{ name: 'adopt', creates: true, changes: true, revives: true, isInternal: true },
    ...{ idOf: undefined, first: undefined, body: undefined, inputNames: Object.keys(fields), findFaults: () => [] },
    ...compileData(strictSchemaOf(fields)),
    decide: (remote, local) => {
      if (local === undefined) return { type: adopted, data: remote };
      const state = mergeLawfully(options, local, remote);
      return isDeepStrictEqual(state, local) ? unchanged : { type: merged, data: state };
    },
  };
};

const mergeLawfully = ({ merge, gone, isRevivable }: SharingOptions, local: Fields, remote: Fields): Fields => {
  deepFreeze(remote); // the local state is frozen already
  const state = withoutUndefined(merge(local, remote));
  for (const other of [local, remote])
    if (!isDeepStrictEqual(withoutUndefined(merge(deepFreeze(state), other)), state))
      throw new Error('its merge is not idempotent: merging a result with one of its two states changes it again');
  if (!isRevivable && gone && (gone(local) || gone(remote)) && !gone(state))
    throw new Error('its merge brings back a thing that is gone, which no command of it may');
  return state;
};
