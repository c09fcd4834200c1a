import type Joi from 'joi';
import { checkEntity } from './check-entity.ts';
import { compileData, compileInput } from './compile-schema.ts';
import type { DataOf, FieldSchema, FieldSchemas } from './data-of.ts';
import type { EntityDefinition, EventDefinition, LooseCommand, LooseDefinition, TypedEntity } from './definition.ts';
import type { CommandType, Entity, EventType } from './entity.ts';
import { inputSchemaOf, requiredOf, strictSchemaOf } from './field-schemas.ts';
import { indexesOf } from './find-index-problems.ts';
import { viewsOf } from './find-view-problems.ts';
import { httpOf } from './http-options.ts';
import { firstOf, referencesOf } from './reference.ts';
import { routesOf } from './routes-of.ts';
import { adoptingOf, type SharingOptions, sharingEventsOf } from './sharing.ts';
import { beginningsOf } from './write-members.ts';

/**
 * Makes an entity from its definition. Throws an Error with everything that is wrong with the definition, and how to
 * mend it.
 */
export const defineEntity = <
  State extends FieldSchemas,
  Events extends Record<string, EventDefinition>,
  Inputs,
  Reason extends string = never,
  Name extends string = never,
>(
  definition: EntityDefinition<State, Events, Inputs, Reason, Name>,
): TypedEntity<DataOf<State>, Events, Inputs, Reason> => {
  const loose = definition as unknown as LooseDefinition;
  checkEntity(loose);
  const references = referencesOf(loose.references);
  const commands = Object.entries(loose.commands).map((command) => commandOf(command, references, loose.http?.body));
  const fields = joi(loose.state);
  const sharing = sharingOf(loose);
  return {
    name: loose.name,
    collection: loose.collection,
    path: loose.http?.path ?? `/api/${loose.name}`,
    http: httpOf(loose.http, loose.name),
    isRecord: false,
    fields,
    fieldNames: Object.keys(fields),
    beginnings: beginningsOf(Object.keys(fields)),
    requiredNames: requiredOf(fields),
    indexes: indexesOf(loose.indexes, fields),
    views: viewsOf(loose.views),
    references,
    events: new Map(
      [
        ...Object.keys(loose.events).map((type) => eventOf(loose, type)),
        ...(sharing ? sharingEventsOf(sharing) : []),
      ].map((event) => [event.type, event]),
    ),
    commands: new Map(commands.map((command) => [command.name, command])),
    creating: commands.find(({ creates }) => creates) as CommandType,
    deleting: commands.find(({ name }) => loose.commands[name]?.method === 'DELETE'),
    routes: routesOf(loose.routes),
    legacyRoutes: loose.legacyRoutes === true,
    refusals: new Map(Object.entries(loose.refusals ?? {})),
    upcast: loose.upcast ?? ((stored) => stored),
    present: loose.present,
    gone: loose.gone,
    adopting: sharing && adoptingOf(sharing),
    keep: loose.keep,
  };
};

const sharingOf = ({ name, state, merge, gone, commands }: LooseDefinition): SharingOptions | undefined =>
  merge && { name, fields: state, merge, gone, isRevivable: Object.values(commands).some(({ revives }) => revives) };

const eventOf = ({ events, evolve, upcasts = {} }: LooseDefinition, type: string): EventType => {
  const { creates, fields = {} }: EventDefinition = events[type] ?? {};
  return {
    type,
    creates: creates === true,
    fields: joi(fields),
    requiredNames: requiredOf(fields),
    ...compileData(strictSchemaOf(fields)),
    upcasts: upcasts[type] ?? [],
    evolve: evolve[type] as EventType['evolve'],
  };
};

const commandOf = (
  [name, { creates, revives, id, internal, first, input = {}, decide }]: [string, LooseCommand],
  references: Entity['references'],
  body: string | undefined,
): CommandType => ({
  name,
  creates: creates !== undefined,
  changes: creates !== true,
  revives: revives === true,
  idOf: id,
  isInternal: internal === true,
  first: first && firstOf(first, references),
  inputNames: Object.keys(input),
  body: creates === undefined ? undefined : body,
  ...compileInput(inputSchemaOf(input, creates !== undefined)),
  findFaults: () => [],
  decide,
});

const joi = (fields: FieldSchemas) => fields as Record<string, FieldSchema> as Record<string, Joi.Schema>;
