import { type CommandType, type Entity, type JsonSchema, jsonSchemaOf, type View } from '@muster/model';
import { fileTypes } from '../docs-files.ts';
import { fieldsOf } from '../parse-list.ts';
import type { Part } from './headers.ts';
import { inputNameOf } from './input-name.ts';
import { isJsonApi } from './json-api-schemas.ts';
import type { Answer, Operation } from './operation.ts';
import { ownOperations } from './own-operations.ts';
import { relatedOperations } from './related-operations.ts';

const ofThing = ['ETag', 'Muster-Source', 'Muster-Lag-Ms'] as const;
const ofSet = ['Muster-Source', 'Muster-Lag-Ms'] as const;
const ofBody = ['invalid-input', 'invalid-body', 'invalid-document', 'other-type', 'unsupported-media-type'] as const;
const ofWrite = ['other-version', 'precondition-required'] as const;
const ofExisting = ['not-found', 'deleted'] as const;
const ofPast = ['invalid-input', 'out-of-reach', ...ofExisting, 'other-version', 'no-such-version'] as const;
const onWrite = ['If-Match', 'If-None-Match', 'traceparent'] as const;

/** Returns the operations of an entity. Each has its route in app.ts. */
export const operationsOf = (entity: Entity): Operation[] => {
  const commands = [...entity.commands.values()].filter(({ changes, isInternal }) => changes && !isInternal);
  const ofOne = [
    read(entity),
    ...pastOperations(entity),
    ...relatedOperations(entity),
    ...(entity.isRecord ? updateOperations(entity) : []),
    ...(entity.deleting ? [deleteOperation(entity)] : []),
    ...commands.map((command) => commandOperation(entity, command)),
  ];
  const links = ofOne.filter(({ parameters }) => parameters.includes('id')).map(({ id }) => id);
  const views = [...entity.views.values()].map((view) => viewOperation(entity, view));
  return [...setOperations(entity, links), ...views, ...feedOperations(entity), ...ofOne, ...ownOperations(entity)];
};

const setOperations = (entity: Entity, links: readonly string[]): Operation[] => [
  {
    ...{ ...base(entity, 'list'), method: 'get', path: entity.path, summary: `List ${entity.name}s` },
    parameters: ['offset', 'limit', 'at', 'filter', 'sort', 'fields', 'total', 'listSize', 'listAfter', 'listBefore'],
    ownParameters: sparseFields(entity),
    answers: [
      {
        ...{
          status: 200,
          description: `A page: by partition and id, or in the order of its sort. ${alsoLive}`,
          always: ofSet,
        },
        ...{ sometimes: ['Link', 'Muster-As-Of', 'Muster-Total'] },
        content: json({ type: 'array', items: { anyOf: [refTo(entity.name), selected] } }),
      },
    ],
    problems: ['invalid-input', 'out-of-reach'],
  },
  {
    ...{ ...base(entity, 'create'), method: 'post', path: entity.path, summary: `Create: ${entity.creating.name}` },
    parameters: ['traceparent', 'Content-Encoding'],
    body: refToBody(entity, entity.creating),
    answers: [created(entity, '', links), ...(entity.creating.changes ? [shown(entity)] : [])],
    problems: [
      ...[...ofBody, 'exists' as const],
      ...(entity.gone || entity.creating.first ? ['deleted' as const] : []),
      ...(entity.creating.first ? ['not-found' as const] : []),
    ],
    refusals: entity,
  },
  {
    ...{ ...base(entity, 'count'), method: 'get', path: `${entity.path}/count`, summary: `Count ${entity.name}s` },
    parameters: ['at'],
    answers: [
      {
        ...{ status: 200, description: 'How many there are.', content: json({ $ref: '#/components/schemas/count' }) },
        ...{ always: ofSet, sometimes: ['Muster-As-Of'] },
      },
    ],
    problems: ['invalid-input', 'out-of-reach'],
  },
];

const viewOperation = (entity: Entity, view: View): Operation => ({
  ...{ ...base(entity, `views.${view.name}`), method: 'get', path: `${entity.path}/views/${view.name}` },
  summary: `Count ${entity.name}s by ${view.by}${view.measures.map((name) => `, with their ${name}`).join('')}`,
  parameters: ['offset', 'limit', 'filter', 'groupSort', 'listSize', 'listAfter', 'listBefore'],
  answers: [
    {
      ...{
        status: 200,
        description: `A page of groups. ${alsoLive}`,
        always: ofSet,
        sometimes: ['Link', 'Muster-As-Of'],
      },
      content: json({ type: 'array', items: refTo(groupNameOf(entity, view)) }),
    },
  ],
  problems: ['invalid-input', 'out-of-reach'],
});

/** The name of the schema of a group of a view. */
export const groupNameOf = ({ name }: Entity, view: View): string => `${name}.${view.name}.group`;

// what `fields` leaves of a thing
const selected = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };

// what JSON:API calls sparse fieldsets: other clients have no such parameter for one thing
const sparseFields = (entity: Entity): Part[] => {
  const description = 'In a document of JSON:API: only these fields, with commas between. Empty for none.';
  return isJsonApi(entity) ? [{ name: fieldsOf(entity), in: 'query', description, schema: { type: 'string' } }] : [];
};

const read = (entity: Entity): Operation => ({
  ...{ ...base(entity, 'read'), method: 'get', path: `${entity.path}/{id}`, summary: `Read one ${entity.name}` },
  parameters: ['id', 'version', 'at', 'If-Match', 'If-None-Match', 'Muster-Min-Version'],
  ownParameters: sparseFields(entity),
  answers: [
    { ...shown(entity), description: `The ${entity.name}. ${alsoLive}` },
    { status: 304, description: 'The thing still has the version in If-None-Match.', always: ofThing },
  ],
  problems: ofPast,
});

const pastOperations = (entity: Entity): Operation[] => [
  {
    ...{ ...base(entity, 'history'), method: 'get', path: `${entity.path}/{id}/history` },
    summary: 'The events of one thing, newest first',
    parameters: ['id', 'page[size]', 'page[before]', 'changes', 'If-Match', 'If-None-Match'],
    answers: [
      {
        ...{ status: 200, description: 'The events.', always: ofThing, sometimes: ['Link', 'Muster-Parked'] },
        content: json({ type: 'array', items: refTo('event') }),
      },
      { status: 304, description: 'The thing still has the version in If-None-Match.', always: ofThing },
    ],
    problems: ofPast,
  },
  {
    ...{ ...base(entity, 'diff'), method: 'get', path: `${entity.path}/{id}:diff`, parameters: ['id', 'from', 'to'] },
    summary: 'The difference between two versions',
    answers: [
      {
        ...{ status: 200, description: 'A merge patch (RFC 7396).', always: ofThing },
        content: { 'application/merge-patch+json': { type: 'object' } },
      },
    ],
    problems: ofPast,
  },
];

const feedAnswer: Answer = {
  ...{ status: 200, description: 'Server-sent events, each with a CloudEvent as its data. It does not end.' },
  content: { 'text/event-stream': { type: 'string' } },
};

const feedParameters = ['types', 'from start', 'until now', 'after', 'state', 'Last-Event-ID'] as const;

const feedProblems = ['invalid-input', 'position-too-old', 'too-many-requests', 'scope-too-small'] as const;

const feedOperations = (entity: Entity): Operation[] => [
  {
    ...{ ...base(entity, 'events'), method: 'get', path: `${entity.path}/events` },
    ...{ summary: `The events of all ${entity.name}s, as they happen`, answers: [feedAnswer] },
    ...{ parameters: ['filter', ...feedParameters], problems: feedProblems },
  },
  {
    ...{ ...base(entity, 'eventsOfOne'), method: 'get', path: `${entity.path}/{id}/events` },
    ...{ summary: `The events of one ${entity.name}, as they happen`, answers: [feedAnswer] },
    ...{ parameters: ['id', 'filter', ...feedParameters], problems: feedProblems },
  },
];

const updateOperations = (entity: Entity): Operation[] => {
  const { path } = entity;
  const update = entity.commands.get('update');
  const common = {
    ...{ refusals: entity, problems: [...ofBody, ...ofExisting, ...ofWrite] },
    answers: [shown(entity), created(entity, 'with If-None-Match: *', [])],
  };
  const changes = 'Change the given fields';
  return update
    ? [
        {
          ...{ ...base(entity, 'update'), ...common, method: 'put', path: `${path}/{id}`, summary: changes },
          ...{ parameters: ['id', ...onWrite, 'Content-Encoding'], body: refToBody(entity, update) },
        },
        {
          ...{ ...base(entity, 'patch'), ...common, method: 'patch', path: `${path}/{id}`, summary: changes },
          ...{ parameters: ['id', ...onWrite, 'Content-Encoding'], body: refToBody(entity, update) },
          ...{ answers: [shown(entity)], bodyTypes: ['application/merge-patch+json', 'application/json'] },
        },
        {
          ...{ ...base(entity, 'updateByBody'), ...common, method: 'put', path },
          ...{ summary: `${changes} of the id in the body`, parameters: [...onWrite, 'Content-Encoding'] },
          body: withRequiredId(bodyOf(update)),
        },
      ]
    : [];
};

const deleteOperation = (entity: Entity): Operation => ({
  ...{ ...base(entity, 'delete'), method: 'delete', path: `${entity.path}/{id}`, summary: `Delete one ${entity.name}` },
  ...{ parameters: ['id', ...onWrite], answers: [gone(entity)], refusals: entity },
  problems: ['invalid-input', ...ofExisting, ...ofWrite],
});

const commandOperation = (entity: Entity, command: CommandType): Operation => ({
  ...{ id: `${entity.name}:${command.name}`, tag: entity.name, method: 'post', entity, refusals: entity },
  ...{ path: `${entity.path}/{id}:${command.name}`, summary: `Run the command ${command.name}` },
  parameters: ['id', ...onWrite, 'Content-Encoding'],
  body: refToBody(entity, command),
  answers: [shown(entity), gone(entity)],
  problems: [...ofBody, ...ofExisting, 'no-such-command', ...ofWrite],
});

const shown = ({ name }: Entity): Answer => ({
  ...{ status: 200, description: `The ${name}.`, content: json(refTo(name)) },
  ...{ always: ofThing, sometimes: ['Muster-Parked'] },
});

const created = ({ http, name }: Entity, when: string, links: readonly string[]): Answer => ({
  ...{
    status: http.accepted ? 202 : 201,
    description: `The new ${name}${when === '' ? '' : `, ${when}`}.`,
    content: json(refTo(name)),
  },
  ...{ always: [...ofThing, 'Location'], links },
});

const gone = ({ name }: Entity): Answer => ({ status: 204, description: `The ${name} is deleted.`, always: ofThing });

const base = (entity: Entity, what: string) => ({ id: `${entity.name}.${what}`, tag: entity.name, entity });

const refTo = (schema: string) => ({ $ref: `#/components/schemas/${schema}` });

const json = (schema: Part) => ({ 'application/json': schema });

// as content of its own, it would be a possible body of each answer in a typed client
const alsoLive = 'With `Accept: text/event-stream`: server-sent events with this, and then with its changes.';

const refToBody = (entity: Entity, command: CommandType) => ({
  ...bodyOf(command),
  schema: refTo(inputNameOf(entity, command)),
});

/** Returns the input of a command, with what its schema cannot say: whether it needs at least one field. */
export const bodyOf = (command: CommandType): { schema: JsonSchema; required: boolean } => {
  const schema = jsonSchemaOf(command.schema);
  const needsOne = command.findFaults({}).length > 0;
  const required = needsOne || ((schema.required as string[] | undefined) ?? []).length > 0 || command.creates;
  return { schema: needsOne ? { ...schema, minProperties: 1 } : schema, required };
};

const withRequiredId = ({ schema, required }: { schema: JsonSchema; required: boolean }) => ({
  schema: { ...schema, minProperties: 2, required: [...((schema.required as string[] | undefined) ?? []), 'id'] },
  required,
});

const page = { type: 'string' };
const service = 'service';

const site = {
  type: 'object',
  required: ['site', 'entities', 'events'],
  properties: {
    site: { type: 'string', description: 'The name of this Muster among the sites. Empty if it has none.' },
    entities: { type: 'array', items: { type: 'string' }, description: 'The entities that it shares.' },
    events: {
      type: ['integer', 'null'],
      description: 'About how many events the log has; null if not all are shared.',
    },
  },
};

/** The routes that belong to no entity. */
export const serviceOperations: readonly Operation[] = [
  {
    ...{ id: 'service.events', tag: service, method: 'get', path: '/api/events', parameters: feedParameters },
    ...{ summary: 'The events of all entities, as they happen', answers: [feedAnswer] },
    problems: feedProblems,
  },
  {
    ...{ id: 'service.site', tag: service, method: 'get', path: '/api/events/site', parameters: [] },
    summary: 'What other sites ask before they follow this one',
    answers: [{ status: 200, description: 'The site.', content: json(site) }],
    problems: [],
  },
  {
    ...{ id: 'service.live', tag: service, method: 'get', path: '/api/live', parameters: [] },
    summary: 'A WebSocket with any number of subscriptions to these addresses',
    answers: [{ status: 101, description: 'The connection is a WebSocket from here on.' }],
    problems: ['upgrade-required', 'foreign-origin', 'too-many-requests'],
  },
  {
    ...{ id: 'service.openapi', tag: service, method: 'get', path: '/openapi.json', parameters: ['If-None-Match'] },
    summary: 'This description, as OpenAPI 3.1',
    answers: [
      { status: 200, description: 'The description.', content: json({ type: 'object' }), always: [] },
      { status: 304, description: 'It has not changed.' },
    ],
    problems: [],
  },
  {
    ...{ id: 'service.docs', tag: service, method: 'get', path: '/docs', parameters: [] },
    summary: 'A page to read this description, and to try it',
    answers: [{ status: 200, description: 'The page.', content: { 'text/html': page } }],
    problems: [],
  },
  {
    ...{ id: 'service.docsLive', tag: service, method: 'get', path: '/docs/live', parameters: [] },
    summary: 'A page that shows the events of an entity as they happen',
    answers: [{ status: 200, description: 'The page.', content: { 'text/html': page } }],
    problems: [],
  },
  {
    ...{ id: 'service.docsSites', tag: service, method: 'get', path: '/docs/sites', parameters: [] },
    summary: 'A page that shows the things of several sites side by side',
    answers: [{ status: 200, description: 'The page.', content: { 'text/html': page } }],
    problems: [],
  },
  {
    ...{ id: 'service.docsFile', tag: service, method: 'get', path: '/docs/{file}', summary: 'A file of that page' },
    parameters: ['file', 'If-None-Match'],
    answers: [
      {
        ...{ status: 200, description: 'The file.' },
        content: Object.fromEntries(Object.values(fileTypes).map((type) => [type.split(';')[0], page])),
      },
      { status: 304, description: 'It has not changed.' },
    ],
    problems: ['no-such-route'],
  },
  {
    ...{ id: 'service.problems', tag: service, method: 'get', path: '/problems', parameters: [] },
    summary: 'The problems that the service can answer with',
    answers: [
      {
        ...{ status: 200, description: 'All problems.' },
        content: { ...json({ type: 'array', items: refTo('problemPage') }), 'text/html': page },
      },
    ],
    problems: [],
  },
  {
    ...{ id: 'service.problem', tag: service, method: 'get', path: '/problems/{name}', parameters: ['name'] },
    summary: 'What a problem means, and what to do',
    answers: [
      {
        ...{ status: 200, description: 'The page of the problem.' },
        content: { ...json(refTo('problemPage')), 'text/html': page },
      },
    ],
    problems: ['no-such-route'],
  },
];
