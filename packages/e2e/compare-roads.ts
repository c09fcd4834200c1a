import { Agent, type IncomingMessage, request } from 'node:http';

// Sends random requests twice, with ids of their own: once as they are, and once with a header that no route knows, so
// that they pass through Koa. Both answers must be equal.

/** A random request. `id` stands for the id of the thing, wherever it occurs. */
export type Drawn = { method: string; path: string; headers: [string, string][]; body: Buffer | undefined };

/** An answer, without what differs between two equal ones: times, ages and new ids. */
export type Plain = { status: number; headers: string[]; body: string };

/** `unavailable`: pairs that were not compared, because one of the answers was a 503. */
export type Compared = {
  requests: number;
  fast: number;
  unavailable: number;
  statuses: Map<number, number>;
  differences: string[];
};

const idsPerWorker = 12;
const differencesMax = 5;

/** Compares the answers to `count` random requests, with `workers` at work at once. */
export const compareRoads = async (url: string, count: number, workers: number, seed: number): Promise<Compared> => {
  const compared: Compared = { requests: 0, fast: 0, unavailable: 0, statuses: new Map(), differences: [] };
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const work = async (worker: number) => {
    const random = openRandom(seed * 1_000 + worker);
    let epoch = 0; // a 503 may leave the two things in different states: go on with new ones
    while (compared.requests < count && compared.differences.length < differencesMax) {
      compared.requests += 1;
      const drawn = draw(random);
      const id = `${worker}-${epoch}-${Math.floor(random() * idsPerWorker)}`;
      const plain = await send(agent, url, drawn, `f${id}`, []);
      const throughKoa = await send(agent, url, drawn, `k${id}`, [['X-No-Route-Knows', '1']]);
      compared.statuses.set(plain.status, (compared.statuses.get(plain.status) ?? 0) + 1);
      if (plain.isFast) compared.fast += 1;
      if (plain.status !== 503 && throughKoa.status !== 503) note(compared, drawn, plain, throughKoa);
      else if (!isOfMany(drawn)) {
        epoch += 1;
        compared.unavailable += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  agent.destroy();
  return compared;
};

const note = (
  { differences }: Compared,
  drawn: Drawn,
  plain: Plain & { isFast: boolean },
  throughKoa: Plain & { isFast: boolean },
) => {
  const { method, path, headers, body } = drawn;
  const textOf = ({ status, headers, body }: Plain) => JSON.stringify([status, headers, body]);
  const [one, other] = [textOf(plain), textOf(throughKoa)];
  if (!throughKoa.isFast && (isOfMany(drawn) ? !plain.isFast : one === other)) return;
  const what = `${method} ${path} ${JSON.stringify(headers)} ${body?.toString('latin1')}`;
  differences.push(
    `${what}\n  ${plain.isFast ? 'fast' : 'Koa '} ${one}\n  ${throughKoa.isFast ? 'fast' : 'Koa '} ${other}`,
  );
};

// a list and a count are for Koa both times, and change with the requests of others
const isOfMany = ({ method, path }: Drawn): boolean =>
  /^(GET|HEAD)$/.test(method) && /^\/api\/user(\/|\/count|\?|\?limit=1)?$/.test(path);

/** Sends a request, with further headers. `isFast`: the fast road has answered it. */
export const send = async (
  agent: Agent,
  url: string,
  drawn: Drawn,
  id: string,
  more: [string, string][],
): Promise<Plain & { isFast: boolean }> => {
  const fill = (text: string) => text.replaceAll('{id}', id);
  const body = drawn.body && Buffer.from(fill(drawn.body.toString('latin1')), 'latin1');
  const headers = [['Host', 'muster'] as const, ...drawn.headers, ...more].map(([name, value]): [string, string] => [
    name,
    fill(value),
  ]);
  const isChunked = headers.some(([name]) => name.toLowerCase() === 'transfer-encoding');
  if (body && !isChunked) headers.push(['Content-Length', String(body.length)]);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const options = { agent, hostname, port, method: drawn.method, path: fill(drawn.path) };
    const sent = request({ ...options, headers: headers.flat() as unknown as Record<string, string> });
    sent.once('response', resolve).once('error', reject).end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const plain = plainOf(response, Buffer.concat(chunks).toString('latin1'), id);
  // whether the end of the body has arrived with its beginning decides whether the connection stays open
  if (isChunked) plain.headers = plain.headers.filter((header) => !/^(Connection|Keep-Alive)/.test(header));
  return { ...plain, isFast: response.rawHeaders[0] === 'X-Request-Id' };
};

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const ownRequestId = /[0-9a-f]{16}-\d+/g;

const plainOf = ({ statusCode, rawHeaders }: IncomingMessage, body: string, id: string): Plain => {
  const same = (text: string) =>
    text.replaceAll(id, '{id}').replace(uuid, '{new}').replace(time, '{time}').replace(ownRequestId, '{request}');
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const isTimed = ['Date', 'Muster-Lag-Ms', 'Muster-Source'].includes(name);
    headers.push(`${name}: ${isTimed ? '' : same(rawHeaders[at + 1] ?? '')}`);
  }
  const length = (name: string) => /^Content-Length/.test(name); // a new request id may be one digit longer
  return {
    status: statusCode ?? 0,
    headers: headers.map((one) => (length(one) ? 'Content-Length' : one)).sort(),
    body: same(body),
  };
};

type Random = () => number;

/** Mulberry32 (Tommy Ettinger, public domain). */
const openRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

const draw = (random: Random): Drawn => {
  const method = pick(random, ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PUT', 'PUT', 'DELETE', 'HEAD', 'PATCH']);
  const isOdd = random() < 0.4;
  const path = isOdd ? pick(random, paths) : method === 'POST' ? '/api/user' : '/api/user/{id}';
  const headers: [string, string][] = [['X-Request-Id', random() < 0.9 ? 'same' : 'not valid: {}']];
  for (const [name, values] of oddHeaders) if (random() < 0.08) headers.push([name, pick(random, values)]);
  if (method !== 'POST' && method !== 'PUT') return { method, path, headers, body: undefined };
  if (random() < 0.95)
    headers.push(['Content-Type', random() < 0.85 ? 'application/json' : pick(random, contentTypes)]);
  if (random() < 0.05) headers.push(['Transfer-Encoding', 'chunked']);
  return { method, path, headers, body: drawBody(random, method) };
};

const paths = [
  ...['/api/user', '/api/user/', '/api/user/{id}/', '/api/user/{id}?a=1', '/api/user/{id}%41', '/api/user/{id}/x'],
  ...['/api/user/a b', '/api/user/count', '/api/user/search', '/api/user/-', '/api/user/..', '/api/users/{id}'],
  ...['/api/User/{id}', '//api/user/{id}', '/', '/api/user/{id}:close', `/api/user/${'x'.repeat(65)}`, '/api/user/ä'],
  ...['/api/user/never-{id}', '/api/user/{id}#x', '/api/user/__proto__', '/api/user?limit=1'],
  ...['/api/user?', '/api/user/{id}?', '/api/user/{id}?=', '/api/user/{id}?a[]=1&a[]=2'],
].map((path) => path.replaceAll(' ', '%20').replaceAll('ä', '%C3%A4'));

const oddHeaders: [string, string[]][] = [
  ['If-Match', ['*', '"1"', '"2"', '"3"', 'W/"1"', 'x', '', '"1", "2"', '"99999999999"']],
  ['If-None-Match', ['"1"', '*', 'W/"2"', 'x']],
  ['Muster-Min-Version', ['1', '2', '0', 'x', '-1', '9999999999', '']],
  ['Accept', ['*/*', 'application/json', 'text/html', 'application/json;q=0.5, */*', 'text/*;q=0.3, */*;q=0.2']],
  ['Accept-Encoding', ['gzip', 'identity']],
  ['User-Agent', ['a test', '']],
  ['Connection', ['keep-alive']],
  ['Cookie', ['a=b']],
  ['Cache-Control', ['no-cache']],
  ['Authorization', ['Bearer x']],
  ['x-request-id', ['twice']],
  ['Content-Encoding', ['identity', 'x']],
  ['Expect', ['100-continue']],
];

const contentTypes = [
  ...['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'application/json; charset=iso-8859-1'],
  ...['text/plain', 'application/merge-patch+json', 'APPLICATION/JSON', 'application/json;', '', 'x'],
];

const drawBody = (random: Random, method: string): Buffer => {
  const kind = random();
  if (kind < 0.1) return Buffer.from(pick(random, oddBodies), 'latin1');
  if (kind < 0.6) return Buffer.from(JSON.stringify(drawPlain(random, method)));
  const fields: Record<string, unknown> = {};
  const add = (name: string, share: number, values: readonly unknown[]) => {
    if (random() < share) fields[name] = pick(random, values);
  };
  const share = method === 'POST' ? 0.97 : 0.5;
  add('id', method === 'POST' ? 0.8 : 0.1, ['{id}', '{id}', '{id}', '{id}', '', 'a b', 7, null, 'count']);
  add('name', share, ['Ada', 'Grace', 'Zoë', 'x'.repeat(300), '', '  Ada  ', 5, null, '\ud800']);
  add('email', share, ['ada@example.com', 'ADA@example.com', 'grace@example.com', 'no', '', 1]);
  add('group', share, [1, 2, 3, 0, -0, 1.5, '7', null, 2 ** 53, -1, true, []]);
  add('odd', 0.03, [1, { $where: 1 }]);
  add('$set', 0.02, [1]);
  return Buffer.from(JSON.stringify(fields));
};

const drawPlain = (random: Random, method: string) => {
  const group = pick(random, [1, 2, 3]);
  return method === 'POST' ? { id: '{id}', name: 'Ada', email: 'ada@example.com', group } : { group };
};

const oddBodies = [
  ...[
    '',
    '{}',
    '[]',
    'null',
    '1',
    '"text"',
    '{',
    '{"name":"A",}',
    '\u00ef\u00bb\u00bf{"group":1}',
    '{"name":"\u00e9"}',
  ],
  ...['{"__proto__":{"a":1}}', '{"a.b":1}', `${'['.repeat(50)}${']'.repeat(50)}`, `{"name":"${'x'.repeat(70_000)}"}`],
];
