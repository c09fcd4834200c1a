import { entities as shipped, systems } from '@muster/entities';
import { defineRecord, type Entity } from '@muster/model';
import { openLog } from '@muster/store';
import { note } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { account } from '../../../examples/bank-account/account.ts';
import { openRouter } from '../app.ts';
import { parseMinVersion, parsePrecondition, parseQueryInteger } from '../parse-headers.ts';
import { openTestGateway } from '../test-gateway.ts';
import { describeApi } from './describe-api.ts';
import type { Part } from './headers.ts';
import { type ParameterName, parameters } from './parameters.ts';

const entities: readonly Entity[] = [...shipped, note, account, ...(systems.records ?? [])];

type Operation = {
  operationId: string;
  parameters: { $ref: string }[];
  responses: Record<string, Response | { $ref: string }>;
};
type Response = { headers: Record<string, { $ref: string }>; content?: Record<string, unknown> };
type Described = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; responses: Record<string, Response> };
};

const described = describeApi(entities) as Described;
const operationsOf = (all: Described) =>
  Object.entries(all.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      method.startsWith('x-') ? [] : [{ route: `${method.toUpperCase()} ${path}`, operation }],
    ),
  );
const operations = operationsOf(described);

const responsesOf = (operation: Operation | undefined): Record<string, Response> =>
  Object.fromEntries(
    Object.entries(operation?.responses ?? {}).map(([status, response]) => [
      status,
      '$ref' in response
        ? (described.components.responses[response.$ref.split('/').at(-1) ?? ''] as Response)
        : response,
    ]),
  );

const schemaOf = (name: ParameterName) => (parameters[name] as Part).schema as Record<string, unknown>;

/** The routes of the router, one for each command, as the description writes them. A HEAD comes with each GET. */
const routesOf = async (entities: readonly Entity[]): Promise<string[]> => {
  await using log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'none', appName: 'test' }); // connects to nothing
  // the description has legacy routes, too, also where they are off
  const router = openRouter(openTestGateway(log, entities, { LEGACY_ROUTES: 'on' }));
  return router.stack.flatMap(({ path, methods }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .flatMap((method) => withCommands(entities, String(path)).map((one) => `${method} ${one}`)),
  );
};

const withCommands = (entities: readonly Entity[], path: string): string[] => {
  const entity = entities.find((one) => path === `${one.path}/:id\\::command`);
  if (!entity) return [path.replace(/(?<!\\):(\w+)/g, '{$1}').replace('\\:', ':')];
  const names = [...entity.commands.values()].filter(({ changes, isInternal }) => changes && !isInternal);
  return names.map(({ name }) => `${entity.path}/{id}:${name}`);
};

describe('The description of the API', () => {
  it('has an operation for each route, and a route for each operation', async () => {
    const routes = await routesOf(entities);
    expect(routes).to.include.members(['GET /api/user/{id}', 'POST /api/account/{id}:deposit', 'GET /openapi.json']);
    expect(operations.map(({ route }) => route).sort()).to.deep.equal([...new Set(routes)].sort());
  });

  it('names each operation once, and refers only to what it has', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    expectReferences(described);
  });

  const expectReferences = (all: Described) => {
    for (const [, reference = ''] of JSON.stringify(all).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference.split('/').reduce<unknown>((part, name) => Object(part)[name], all);
      expect(found, reference).to.be.an('object');
    }
  };

  it('has the documents of entities whose format is JSON:API, their related things and their limits', async () => {
    const assets = systems.assets ?? [];
    const all = describeApi(assets) as Described;
    expectReferences(all);
    const routes = operationsOf(all).map(({ route }) => route);
    expect(routes.sort()).to.deep.equal([...new Set(await routesOf(assets))].sort());
    expect(routes).to.include.members(['GET /api/v1/notes/{id}/asset', 'GET /api/v1/notes/{id}/relationships/asset']);
    expect(routes).to.include('DELETE /api/v1/assets/{id}').and.not.include('POST /api/v1/assets/{id}:attach');
    const created = all.paths['/api/v1/notes']?.post;
    expect(Object.keys(Object(created).requestBody.content)).to.deep.equal([
      ...['application/vnd.api+json', 'application/json'],
    ]);
    expect(created?.responses).to.include.keys('201', '404', '409', '410');
    for (const status of ['201', '404', '410'])
      expect(Object(created?.responses[status]).content, status).to.include.keys('application/vnd.api+json');
    const limits = JSON.stringify(all.paths['/api/v1/assets']?.get).match(/"maximum":100,"default":100/g);
    expect(limits).to.have.length(2);
    for (const path of ['/api/v1/assets', '/api/v1/assets/{id}'])
      expect(JSON.stringify(all.paths[path]?.get), path).to.include('"fields[assets]"');
    expect(JSON.stringify(describeApi(systems.users ?? [])), 'no parameter of JSON:API').to.not.include('fields[');
  });

  it('has every status that any route can give, with its headers and a body of problem+json', () => {
    for (const { route, operation } of operations) {
      const responses = responsesOf(operation);
      expect(responses, route).to.include.keys('400', '408', '413', '417', '431', '500', '503');
      for (const [status, { headers, content }] of Object.entries(responses)) {
        expect(headers['X-Request-Id']?.$ref, `${route} ${status}`).to.include('.always');
        if (status === '404' && answersMissing.includes(route)) continue; // not with a problem only
        if (Number(status) >= 400) expect(content, `${route} ${status}`).to.have.keys('application/problem+json');
      }
      expect(responses['503']?.headers).to.include.keys('Retry-After');
    }
  });

  const answersMissing = ['GET /get', 'GET /getHistory', 'GET /remove'];

  it('has the statuses of own routes, as far as they are known before they run', () => {
    const all = describeApi([...(systems.messages ?? []), ...(systems.records ?? [])]) as Described;
    expectReferences(all);
    const statusesOf = (method: string, path: string) =>
      Object.keys(all.paths[path]?.[method]?.responses ?? {}).filter((status) => !onEveryRoute.includes(status));
    expect(statusesOf('post', '/dummy')).to.deep.equal(['202', '409', '415']);
    expect(statusesOf('post', '/update')).to.deep.equal(['200', '409', '410', '415']);
    expect(statusesOf('get', '/get')).to.deep.equal(['200', '404']);
    expect(statusesOf('get', '/dump')).to.deep.equal(['200']);
    expect(statusesOf('get', '/remove')).to.deep.equal(['200', '404', '409']);
    const responseOf = (path: string, status: string) =>
      responsesOf(all.paths[path]?.post ?? all.paths[path]?.get)[status];
    expect(responseOf('/dummy', '202')?.headers).to.include.keys('ETag', 'Location', 'Muster-Source');
    expect(responseOf('/get', '200')?.headers).to.have.keys('X-Request-Id');
    expect(responseOf('/dump', '200')?.headers).to.include.keys('Muster-Source', 'Muster-Lag-Ms', 'Muster-As-Of');
    expect(responseOf('/get', '404')?.content).to.have.keys('application/json');
    expect(responseOf('/remove', '404')?.content).to.have.keys('application/json', 'application/problem+json');
    expect(JSON.stringify(responseOf('/update', '409')))
      .to.include('problem.full')
      .and.not.include('problem.exists');
  });

  it('has the problems of things where an own route does not answer in place of them', () => {
    const found = { method: 'GET', path: '/found', reads: () => 'a', answer: () => ({}) } as const;
    const noted = { method: 'POST', path: '/noted', runs: 'create', input: () => ({}), answer: () => ({}) } as const;
    const read = defineRecord({ ...visited, routes: [found, { ...noted, missing: () => ({}) }] });
    const all = describeApi([read]) as Described;
    expectReferences(all);
    expect(all.paths['/found']?.get?.responses).to.include.keys('200', '401', '403', '404', '410');
    expect(all.paths['/noted']?.post?.responses).to.include.keys('200', '404', '409').and.not.include.keys('410');
  });

  const visited = { name: 'visit', title: 'Visit', collection: 'Visits', fields: { at: Joi.date() } } as const;
  const onEveryRoute = ['400', '401', '403', '406', '408', '413', '417', '429', '431', '500', '503'];

  it('has the problem of a page of another origin wherever a request writes, and nowhere else', () => {
    const all = describeApi([...entities, ...(systems.messages ?? [])]) as Described;
    const refusing = operationsOf(all).flatMap(({ route, operation }) =>
      JSON.stringify(operation.responses['403'] ?? {}).includes('foreign-origin') ? [route] : [],
    );
    const writing = operationsOf(all).flatMap(({ route }) => (route.startsWith('GET ') ? [] : [route]));
    expect(writing).to.include.members(['POST /api/user', 'DELETE /api/user/{id}', 'POST /dummy', 'POST /update']);
    // /remove is a GET that runs a command, and a WebSocket can carry anything
    expect(refusing.sort()).to.deep.equal([...writing, 'GET /remove', 'GET /api/live'].sort());
  });

  it('has the refusals that an entity declares, and the headers of the things', () => {
    const responses = responsesOf(described.paths['/api/account/{id}:withdraw']?.post);
    expect(JSON.stringify(responses['409'])).to.include('problem.insufficient-funds');
    expect(responses).to.include.keys('200', '404', '409', '410', '412', '415');
    expect(responses['200']?.headers).to.include.keys('ETag', 'Muster-Source', 'Muster-Lag-Ms');
    const created = responsesOf(described.paths['/api/account']?.post)['201'];
    expect(created?.headers.Location?.$ref).to.equal('#/components/headers/Location.always');
  });

  it('has the schemas that check inputs', () => {
    const { schemas } = described.components;
    expect(schemas['account.deposit.input']).to.deep.include({ required: ['cents'], additionalProperties: false });
    expect(Object(schemas['account.deposit.input']).properties.cents).to.deep.equal({
      ...{ type: 'integer', minimum: 1, maximum: 100_000_000 },
    });
    expect(schemas.account).to.deep.include({ required: ['id', 'owner', 'cents'] });
  });

  it('allows for a parameter only what its header or query is read as', () => {
    const pattern = new RegExp(schemaOf('If-Match').pattern as string);
    for (const value of ['*', '"3"', '"1234567890"', '3', '"x"', '"12345678901"', 'W/"3"', '"1", W/"2"', '""', '"a b"'])
      if (pattern.test(value))
        expect(parsePrecondition({ ifMatch: value, ifNoneMatch: value }).kind, value).to.equal('precondition');
    const { minimum, maximum } = schemaOf('Muster-Min-Version') as { minimum: number; maximum: number };
    for (const value of [minimum, maximum]) expect(parseMinVersion(String(value)).kind).to.equal('number');
    expect(parseQueryInteger({ limit: '1000' }, 'limit', 1, 1, schemaOf('limit').maximum as number).kind).to.equal(
      'number',
    );
  });
});
