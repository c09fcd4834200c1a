import { isDeepStrictEqual } from 'node:util';
import type Joi from 'joi';
import { checkRecord } from './check-entity.ts';
import { compileData, compileInput } from './compile-schema.ts';
import type { DataOf, FieldSchema, FieldSchemas } from './data-of.ts';
import { type Decided, deleted, unchanged } from './decision.ts';
import type { RecordDefinition, RecordEvents, RecordInputs, TypedEntity } from './definition.ts';
import type { CommandType, Entity, EventType } from './entity.ts';
import type { Fault } from './fault.ts';
import { inputSchemaOf, requiredOf, strictSchemaOf } from './field-schemas.ts';
import { indexesOf } from './find-index-problems.ts';
import { viewsOf } from './find-view-problems.ts';
import { httpOf } from './http-options.ts';
import { presenceOf } from './optional.ts';
import type { RouteDefinition } from './own-route.ts';
import { referencesOf } from './reference.ts';
import { routesOf } from './routes-of.ts';
import type { Fields } from './stored-event.ts';
import { beginningsOf } from './write-members.ts';

/**
 * Makes an entity of plain data: the commands `create`, `update` (in part) and `delete`, with an event for each. Throws
 * an Error with everything that is wrong with the definition, and how to mend it.
 */
export const defineRecord = <const Own extends FieldSchemas, const Title extends string>(
  definition: RecordDefinition<Own, Title>,
): TypedEntity<DataOf<Own>, RecordEvents<Own, Title>, RecordInputs<Own>, never> => {
  checkRecord(definition as unknown as RecordDefinition<FieldSchemas, string>);
  const { name, title, collection, upcast = (stored) => stored, present, keep, http } = definition;
  const fields = definition.fields as FieldSchemas as Record<string, Joi.Schema>;
  const commands = commandsOf(fields, title);
  return {
    name,
    collection,
    path: http?.path ?? `/api/${name}`,
    http: httpOf(http, name),
    isRecord: true,
    fields,
    fieldNames: Object.keys(fields),
    beginnings: beginningsOf(Object.keys(fields)),
    requiredNames: requiredOf(fields),
    indexes: indexesOf(definition.indexes, fields),
    views: viewsOf(definition.views),
    references: referencesOf(definition.references),
    events: new Map(eventsOf(fields, title).map((event) => [event.type, event])),
    commands: new Map(commands.map((command) => [command.name, command])),
    creating: commands[0],
    deleting: commands.find((command) => command.name === 'delete'),
    routes: routesOf(definition.routes as readonly RouteDefinition[] | undefined),
    legacyRoutes: definition.legacyRoutes === true,
    refusals: new Map(),
    upcast,
    present: present as Entity['present'],
    gone: undefined,
    adopting: undefined,
    keep,
  };
};

const eventsOf = (fields: Record<string, Joi.Schema>, title: string): EventType[] => {
  const common = { requiredNames: [], ...compileData(strictSchemaOf({})), upcasts: [], creates: false };
  const removable = removableOf(fields);
  return [
    {
      ...common,
      fields,
      type: `${title}Created`,
      creates: true,
      requiredNames: requiredOf(fields),
      evolve: (_, { data }) => data,
    },
    {
      ...common,
      fields: withNull(fields, removable),
      type: `${title}Updated`,
      evolve: (state, { data }) => withoutRemoved({ ...state, ...data }, removable),
    },
    { ...common, fields, type: `${title}Deleted`, evolve: () => deleted },
  ];
};

/** The fields that null removes: those that may be missing, and may not be null themselves. */
const removableOf = (fields: Record<string, Joi.Schema>): string[] =>
  Object.entries(fields)
    .filter(([, schema]) => presenceOf(schema as FieldSchema) === 'optional' && schema.validate(null).error)
    .map(([name]) => name);

const withNull = (fields: Record<string, Joi.Schema>, names: readonly string[]) => ({
  ...fields,
  ...Object.fromEntries(names.map((name) => [name, (fields[name] as Joi.Schema).allow(null)])),
});

/** The fields after a change, without those that it removes. */
const withoutRemoved = (fields: Fields, removable: readonly string[]): Fields => {
  for (const name of removable) if (fields[name] === null) delete fields[name];
  return fields;
};

const commandsOf = (fields: Record<string, Joi.Schema>, title: string): [CommandType, ...CommandType[]] => {
  const inputNames = Object.keys(fields);
  const removable = removableOf(fields);
  const common = {
    changes: true,
    revives: false,
    idOf: undefined,
    isInternal: false,
    first: undefined,
    body: undefined,
  };
  const createSchema = inputSchemaOf(fields, true);
  const changesSchema = createSchema
    .fork(inputNames, (schema) => schema.optional())
    .fork(removable, (schema) => schema.allow(null))
    .prefs({ noDefaults: true });
  return [
    {
      ...{
        ...common,
        name: 'create',
        creates: true,
        changes: false,
        inputNames,
        ...compileInput(createSchema),
        findFaults: () => [],
      },
      decide: (input) => ({ type: `${title}Created`, data: input }),
    },
    {
      // what a partial update does not name stays as it is
      ...{ ...common, name: 'update', creates: false, inputNames, ...compileInput(changesSchema) },
      findFaults: (changes) => findNothingToUpdate(changes, inputNames),
      decide: (changes, state) => decideUpdate(`${title}Updated`, changes, state ?? {}, removable),
    },
    {
      ...{
        ...common,
        name: 'delete',
        creates: false,
        inputNames: [],
        ...compileInput(strictSchemaOf({})),
        findFaults: () => [],
      },
      decide: () => ({ type: `${title}Deleted`, data: {} }),
    },
  ];
};

const findNothingToUpdate = (changes: Fields, names: readonly string[]): Fault[] =>
  Object.keys(changes).length > 0
    ? []
    : [
        {
          pointer: '',
          code: 'nothing-to-update',
          detail: `nothing to update: expected at least one of ${names.join(', ')}`,
        },
      ];

const decideUpdate = (type: string, changes: Fields, fields: Fields, removable: readonly string[]): Decided => {
  const names = Object.keys(changes);
  const isKept = (name: string) =>
    isSame(changes[name], fields[name]) || (changes[name] === null && removable.includes(name) && !(name in fields));
  const changed = names.filter((name) => !isKept(name));
  if (changed.length === 0) return unchanged;
  if (changed.length === names.length) return { type, data: changes };
  return { type, data: Object.fromEntries(changed.map((name) => [name, changes[name]])) };
};

// 0 and -0 are one number to whoever reads JSON
const isSame = (a: unknown, b: unknown) => a === b || isDeepStrictEqual(a, b);
