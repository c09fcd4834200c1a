import { randomUUID } from 'node:crypto';
import { makeUser } from '@muster/cli';
import type { LoadSpec, RecipeName } from './load-spec.ts';

/** One request, ready to send. `expected` is the status of the right answer. */
export type Request = { kind: string; expected: number; text: string };

/** What the recipes draw from. A plain value, changed only in this file. */
export type Source = {
  spec: LoadSpec;
  host: string;
  /** Ids of existing users, in random order. */
  ids: readonly string[];
  /** Users that no recipe but `unchanged` touches: their values are known. */
  kept: readonly { id: string; body: string }[];
  creations: readonly string[];
  /** When the request that is made is due, in milliseconds of the machine's clock. */
  dueAt: number;
  /** The number of requests made so far. */
  made: number;
  /** Users that this load created, to be deleted by it. */
  own: string[];
  /** Sometimes read again, because clients read what they wrote. */
  lastWritten: string;
};

const idsPrepared = 20_000;
const creationsPrepared = 1_000;
const removalsPrepared = 50_000;
const hotUsers = 40;

/** The number of users that only the recipe `unchanged` touches: the first ones. */
export const keptUsers = (users: number): number => Math.min(1_000, Math.floor(users / 5));

/** Prepares what the recipe of a load needs, so that a request costs little when it is due. */
export const openSource = (spec: LoadSpec): Source => {
  const { users, seed, recipe } = spec;
  const kept = keptUsers(users);
  const isKept = recipe === 'unchanged';
  const draw = () => makeUser(seed, kept + Math.floor(Math.random() * (users - kept))).id;
  const from = kept + (spec.offset ?? 0);
  const inOrder = () =>
    Array.from({ length: Math.min(removalsPrepared, users - from) }, (_, index) => makeUser(seed, from + index).id);
  const some = () => Array.from({ length: idsPrepared }, draw);
  const ids = recipe === 'remove' ? inOrder() : some();
  return {
    spec,
    host: new URL(spec.url).host,
    ids,
    kept: isKept ? Array.from({ length: kept }, (_, index) => keptOne(seed, index)) : [],
    creations: Array.from({ length: creationsPrepared }, (_, index) => JSON.stringify(fieldsOf(spec, index))),
    dueAt: 0,
    made: 0,
    own: [],
    lastWritten: ids[0] ?? '',
  };
};

// the recipe `timed` gives the name itself
const fieldsOf = ({ seed, recipe }: LoadSpec, index: number) => {
  const { fields } = makeUser(seed, index);
  return recipe === 'timed' ? { ...fields, name: undefined } : fields;
};

const keptOne = (seed: number, index: number) => {
  const { id, fields } = makeUser(seed, index);
  return { id, body: JSON.stringify({ group: fields.group }) };
};

/** Makes the next request of a load, which is due at `dueAt`, in milliseconds of the machine's clock. */
export const makeRequest = (source: Source, dueAt = 0): Request => {
  source.dueAt = dueAt;
  source.made += 1;
  return recipes[source.spec.recipe](source);
};

/** Notes what a good answer to a request shows. `readBody` returns its body. */
export const noteAnswer = (source: Source, { kind }: Request, readBody: () => string): void => {
  if (source.spec.recipe !== 'mixed') return;
  if (kind === 'POST') source.own.push(/"id":"([^"]+)"/.exec(readBody())?.[1] ?? '');
};

const get = (source: Source): Request => read(source, draw(source.ids));

const post = (source: Source): Request => write(source, 'POST', '', 201, draw(source.creations));

/** Returns a time as the recipe `timed` writes it into the name of a new user. */
export const timeOf = (dueAt: number): string => dueAt.toFixed(3);

// the name says when it was due, so whoever gets the event knows how long that took
const timed = (source: Source): Request =>
  write(source, 'POST', '', 201, `{"name":"t${timeOf(source.dueAt)}",${draw(source.creations).slice(1)}`);

const put = (source: Source): Request => update(source, draw(source.ids), 200);

const exists = (source: Source): Request => {
  const id = draw(source.ids);
  return write(source, 'POST', '', 409, `{"id":"${id}",${draw(source.creations).slice(1)}`);
};

const hot = (source: Source): Request => update(source, source.ids[0] ?? '', 200);

const unseen = (source: Source): Request => update(source, randomUUID(), 404);

const unchanged = (source: Source): Request => {
  const { id, body } = source.kept[Math.floor(Math.random() * source.kept.length)] ?? { id: '', body: '' };
  return write(source, 'PUT', `/${id}`, 200, body);
};

const remove = (source: Source): Request => removeOne(source, source.ids[source.made % source.ids.length] ?? '');

const page = (source: Source): Request => ({
  kind: 'GET',
  expected: 200,
  text: head(source, 'GET', `?${source.spec.query ?? `offset=${source.spec.offset ?? 0}&limit=100`}`, '\r\n'),
});

// 70 % GET (a fifth of them of what was just written), 15 % PUT, 10 % POST, 5 % DELETE
const mixed = (source: Source): Request => {
  const part = Math.random();
  if (part < 0.7) return read(source, Math.random() < 0.2 ? source.lastWritten : draw(source.ids));
  if (part < 0.85) {
    const id = draw(source.ids);
    source.lastWritten = id;
    return update(source, id, 200);
  }
  const own = part < 0.95 ? undefined : source.own.pop();
  return own === undefined ? post(source) : removeOne(source, own); // when there is nothing to delete yet
};

// creates of ids that exist, and updates of a few users, which wait for each other
const contended = (source: Source): Request =>
  source.made % 2 === 0 ? exists(source) : update(source, source.ids[source.made % hotUsers] ?? '', 200);

const recipes = {
  get,
  post,
  timed,
  put,
  exists,
  hot,
  unseen,
  unchanged,
  mixed,
  contended,
  remove,
  page,
} satisfies Record<RecipeName, (source: Source) => Request>;

const read = (source: Source, id: string): Request => ({
  kind: 'GET',
  expected: 200,
  text: head(source, 'GET', `/${id}`, '\r\n'),
});

// a new value each time, so that each request appends an event
const update = (source: Source, id: string, expected: number): Request =>
  write(source, 'PUT', `/${id}`, expected, `{"group":${Math.floor(Math.random() * 2 ** 31)}}`);

const removeOne = (source: Source, id: string): Request => ({
  kind: 'DELETE',
  expected: 204,
  text: head(source, 'DELETE', `/${id}`, '\r\n'),
});

const write = (source: Source, kind: string, address: string, expected: number, body: string): Request => {
  const about = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return { kind, expected, text: head(source, kind, address, about) + body };
};

const head = ({ spec, host }: Source, method: string, address: string, rest: string): string =>
  `${method} ${spec.path}${address} HTTP/1.1\r\nHost: ${host}\r\n${rest}`;

const draw = (from: readonly string[]): string => from[Math.floor(Math.random() * from.length)] ?? '';
