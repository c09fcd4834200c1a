import {
  type CommandType,
  type Entity,
  engineProblemNames,
  faultCodes,
  figureNames,
  idSchema,
  jsonSchemaOf,
  type View,
} from '@muster/model';
import type Joi from 'joi';
import { declaredProblemsOf } from '../declared-problems.ts';
import { typeOf } from '../problem.ts';
import { problems } from '../problems.ts';
import type { Part } from './headers.ts';
import { inputNameOf } from './input-name.ts';
import { documentSchemasOf } from './json-api-schemas.ts';
import { bodyOf, groupNameOf } from './operations.ts';

/** Returns the schemas of everything that the service answers, by name. */
export const schemasOf = (entities: readonly Entity[]): Part => ({
  ...Object.fromEntries(entities.map((entity) => [entity.name, thingOf(entity)])),
  ...Object.fromEntries(entities.flatMap(inputsOf)),
  ...Object.fromEntries(entities.flatMap(groupsOf)),
  ...documentSchemasOf(entities),
  count: { type: 'object', properties: { count: { type: 'integer', minimum: 0 } }, required: ['count'] },
  event,
  fault,
  problem,
  ...Object.fromEntries(
    engineProblemNames.map((name) => [`problem.${name}`, oneProblem(name, [problems[name].status])]),
  ),
  ...declaredSchemas(entities),
  problemPage,
});

const inputsOf = (entity: Entity): [string, Part][] =>
  [...entity.commands.values()].map((command) => [inputNameOf(entity, command), inputOf(entity, command)]);

// the whole body may be one field of the input
const inputOf = ({ http }: Entity, command: CommandType): Part => {
  const { schema } = bodyOf(command);
  if (!command.creates || http.body === undefined) return schema;
  return Object(schema.properties)[http.body] as Part;
};

const groupsOf = (entity: Entity): [string, Part][] =>
  [...entity.views.values()].map((view) => [groupNameOf(entity, view), groupOf(entity, view)]);

/** A group of a view. The key is null for the things without a value. */
const groupOf = (entity: Entity, { by, measures }: View): Part => {
  const count = { type: 'integer', minimum: 0 };
  const value = { type: ['number', 'null'] };
  const figures = {
    ...{ type: 'object', required: [...figureNames] },
    properties: { count, sum: value, min: value, max: value, average: value },
  };
  const common = { key: { anyOf: [jsonSchemaOf(entity.fields[by] as Joi.Schema), { type: 'null' }] }, count };
  if (measures.length === 0) return { type: 'object', required: ['key', 'count'], properties: common };
  const own = {
    ...{ type: 'object', required: [...measures] },
    properties: Object.fromEntries(measures.map((name) => [name, figures])),
  };
  return { type: 'object', required: ['key', 'count', 'measures'], properties: { ...common, measures: own } };
};

/** A thing as clients see it. What an entity's `present` makes of a state is known only when it runs. */
const thingOf = ({ fields, requiredNames, present }: Entity): Part => {
  const id = jsonSchemaOf(idSchema);
  if (present) return { type: 'object', properties: { id }, required: ['id'] };
  const shown = Object.entries(fields).map(([name, schema]) => [name, jsonSchemaOf(schema)]);
  return { type: 'object', properties: { id, ...Object.fromEntries(shown) }, required: ['id', ...requiredNames] };
};

const text = { type: 'string' };

const fault = {
  ...{ type: 'object', description: 'A fault in what was sent.', required: ['pointer', 'code', 'detail'] },
  properties: {
    pointer: { ...text, description: 'Where it is in the body: a JSON pointer (RFC 6901). Empty for the whole.' },
    code: { enum: Object.keys(faultCodes), description: 'What is wrong, for programs.' },
    detail: { ...text, description: 'What is wrong, for people.' },
  },
};

const event = {
  ...{ type: 'object', description: 'An event of a thing.', required: ['version', 'type', 'at'] },
  properties: {
    version: { type: 'integer', minimum: 1 },
    type: { ...text, description: 'What happened, such as UserCreated.' },
    at: { ...text, format: 'date-time' },
    actor: { ...text, description: 'The name of the key that the request had.' },
    requestId: text,
    origin: {
      ...{ type: 'object', description: 'The event of another site whose state this one took over.' },
      properties: { site: text, id: text, version: { type: 'integer', minimum: 1 } },
    },
    data: { type: 'object', description: 'Left out if the entity hides parts of its state.' },
    changes: { type: ['object', 'null'], description: 'A merge patch of what clients see; null after a deletion.' },
    problem: { ...text, description: 'Why the event cannot be understood.' },
  },
};

const problem = {
  ...{ type: 'object', description: 'An error (RFC 9457).' },
  required: ['type', 'title', 'status', 'detail', 'requestId'],
  properties: {
    type: { ...text, format: 'uri-reference', description: 'The address of a page that explains it.' },
    title: text,
    status: { type: 'integer' },
    detail: text,
    requestId: text,
    errors: { type: 'array', items: { $ref: '#/components/schemas/fault' } },
    id: { ...text, description: 'The id of the thing.' },
    version: { type: 'integer', minimum: 0, description: 'The version of the thing.' },
    createdAt: { ...text, format: 'date-time' },
    deletedAt: { ...text, format: 'date-time' },
    written: {
      enum: ['written', 'notWritten', 'unknown'],
      description: 'What became of a command. After `unknown`, read the thing before you repeat it.',
    },
    commands: { type: 'array', items: text },
  },
};

const oneProblem = (name: string, statuses: readonly number[]): Part => ({
  allOf: [
    { $ref: '#/components/schemas/problem' },
    { type: 'object', properties: { type: { const: typeOf(name) }, status: { enum: statuses } } },
  ],
});

/** Several entities may declare a refusal of the same name, each with its own status. */
const declaredSchemas = (entities: readonly Entity[]): Part => {
  const statuses = new Map<string, number[]>();
  for (const { name, status } of entities.flatMap(declaredProblemsOf))
    statuses.set(name, [...new Set([...(statuses.get(name) ?? []), status])]);
  return Object.fromEntries([...statuses].map(([name, of]) => [`problem.${name}`, oneProblem(name, of)]));
};

const problemPage = {
  ...{ type: 'object', description: 'What a problem means.' },
  required: ['type', 'status', 'title', 'happened', 'why', 'todo', 'curl'],
  properties: {
    ...{ type: text, status: { type: 'integer' }, title: text, happened: text, why: text, todo: text, curl: text },
    entity: { ...text, description: 'The entity that declares it. Without it, the engine answers with it.' },
    codes: { type: 'object', additionalProperties: text, description: 'The codes in `errors`, and what they mean.' },
  },
};
