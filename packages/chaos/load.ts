import { setMaxListeners } from 'node:events';
import { pause } from '@muster/runtime';
import { call, nextRandom, openSeeded, pickFrom, type Reply, type Seeded } from '@muster/testing';
import { abortUpload } from './abort-upload.ts';
import { type Accounts, accountsOf, chooseAccountCall, openAccount, type Wanted } from './choose-account-call.ts';
import type { Call, CountedGroup, Outcome, PastCall, SetCall, User } from './history.ts';
import { subjects } from './subjects.ts';

/** Sessions that write and read all the time, and the history of what they got back. Changed in this file only. */
export type Load = {
  name: string;
  urls: readonly string[];
  calls: Call[];
  sets: SetCall[]; // COUNT, LIST and views
  past: PastCall[];
  aborted: number; // uploads that broke off
  hot: readonly string[]; // a few ids that everybody wants
  newest: Map<string, number>; // by entity and id: the newest version that anybody got
  accounts: Accounts | undefined; // none where the programs do not serve them
  sessions: number;
  lost: number; // connections lost: from then on a gateway may be one that knows nothing of what was returned before
  stop: AbortController;
  done: Promise<unknown>;
};

export type LoadOptions = {
  sessions?: number;
  /** Between two calls of a session: the tests measure how the service stands faults, not how much it can carry. */
  pauseMs?: number;
  /** Of the ids that everybody wants. */
  hot?: number;
  /** The same seed makes the same sessions ask the same things in the same order, as far as they come. */
  seed?: number;
  /** The share of COUNT, LIST, views and histories among the calls. */
  sets?: number;
  /** The share of calls on bank accounts, which only the programs for faults serve. */
  accounts?: number;
  /** Between two uploads that break off, on average; none where it is undefined. */
  abortEveryMs?: number;
  /** Between two bursts on a hot id through all gateways, on average; none where it is undefined. */
  burstEveryMs?: number;
};

type Session = {
  name: string;
  number: number;
  url: string;
  random: Seeded;
  calls: number;
  created: number; // ids of its own that it asked to create
  opened: number; // the same of accounts
  returned: Map<string, { version: number; lost: number; at: number }>; // by entity and id
  /** What it asked to write last, and has not looked at since. */
  written: Pick<Wanted, 'subject' | 'id'> | undefined;
};

/** Starts a load of mixed writes and reads on these gateways; it runs until `stopLoad`. */
export const startLoad = async (urls: readonly string[], options: LoadOptions = {}): Promise<Load> => {
  const {
    sessions = 16,
    pauseMs = 15,
    hot: hotUsers = 6,
    seed = Math.floor(Math.random() * 2 ** 32),
    sets = 0,
    accounts: share = 0,
    abortEveryMs,
    burstEveryMs,
  } = options;
  const name = Math.floor(nextRandom(openSeeded(seed)) * 2 ** 24)
    .toString(16)
    .padStart(6, '0');
  const hot = Array.from({ length: hotUsers }, (_, index) => `hot-${name}-${index}`);
  const load: Load = {
    name,
    urls,
    calls: [],
    sets: [],
    past: [],
    aborted: 0,
    hot,
    newest: new Map(),
    accounts: share > 0 ? accountsOf(name, hot) : undefined,
    sessions,
    lost: 0,
    stop: new AbortController(),
    done: Promise.resolve(),
  };
  setMaxListeners(0, load.stop.signal); // each session waits on it
  const opened = Array.from({ length: sessions }, (_, index) => openSession(load, index, seed));
  const first = opened[0] as Session;
  for (const id of hot) await perform(load, first, { subject: 'user', op: 'create', id, sent: newUser(first, id) });
  const accounts = load.accounts ? [...load.accounts.hot, ...load.accounts.cold] : [];
  for (const id of accounts) await perform(load, first, openAccount(id));
  const running = opened.map((session) => run(load, session, pauseMs, { sets, accounts: share }));
  if (abortEveryMs !== undefined) running.push(abortUploads(load, seed, abortEveryMs));
  if (burstEveryMs !== undefined) running.push(sendBursts(load, seed, burstEveryMs));
  load.done = Promise.all(running);
  return load;
};

/** Stops the load, waits for the replies to pending calls, and returns the history. */
export const stopLoad = async (load: Load): Promise<Call[]> => {
  load.stop.abort();
  await load.done;
  return load.calls;
};

/**
 * To be called when a gateway has died: it no longer remembers what it returned. From then on only a session that sends
 * a minimum version can rely on what it got.
 */
export const forgetReturned = (load: Load): void => {
  load.lost += 1;
};

/**
 * Waits until this many further calls have been answered well: a load that has not noticed a fault says nothing of it.
 */
export const untilAnswered = async (load: Load, more: number, withinMs = 20_000): Promise<void> => {
  const from = load.calls.length;
  let [seen, answered] = [from, 0];
  for (const until = performance.now() + withinMs; ; await pause(10)) {
    for (; seen < load.calls.length; seen += 1) if (load.calls[seen]?.outcome === 'ok') answered += 1;
    if (answered >= more) return;
    if (performance.now() > until)
      throw new Error(`Not ${more} calls answered within ${withinMs} ms: ${answered} of ${load.calls.length - from}`);
  }
};

const openSession = ({ name, urls }: Load, number: number, seed: number): Session => ({
  ...{
    name: `${name}-${number}`,
    number,
    url: urls[number % urls.length] ?? '',
    random: openSeeded(seed * 1_000 + number),
  },
  ...{ calls: 0, created: 0, opened: 0, returned: new Map(), written: undefined },
});

const run = async (load: Load, session: Session, pauseMs: number, shares: { sets: number; accounts: number }) => {
  const isDue = (share: number) => share > 0 && nextRandom(session.random) < share;
  while (!load.stop.signal.aborted) {
    if (isDue(shares.sets)) await performSet(load, session);
    else await perform(load, session, chooseNext(load, session, isDue(shares.accounts)));
    // a session that has just written reads at once
    if (!session.written) await pause(pauseMs * 2 * Math.random(), load.stop.signal);
  }
};

// by a random of its own: what the sessions ask stays what the seed makes it
const abortUploads = async (load: Load, seed: number, everyMs: number) => {
  const { signal } = load.stop;
  const random = openSeeded(seed * 1_000 + 999);
  for (; !signal.aborted; await pause(2 * everyMs * nextRandom(random), signal))
    if (await abortUpload(load.urls, random, signal)) load.aborted += 1;
};

const burstOfGateway = 8;
const updatesOfBurst = 4; // of each client, one after another: so both gateways always have some that wait

// Updates that wait at one gateway share a chain of events. The chains of two gateways conflict. By sessions of their
// own: what the others ask stays what the seed makes it.
const sendBursts = async (load: Load, seed: number, everyMs: number) => {
  const { signal } = load.stop;
  const random = openSeeded(seed * 1_000 + 998);
  const count = burstOfGateway * load.urls.length;
  const sessions = Array.from({ length: count }, (_, index) => openSession(load, load.sessions + index, seed));
  for (; !signal.aborted; await pause(2 * everyMs * nextRandom(random), signal)) {
    const id = pickFrom(random, load.hot);
    const updateSome = async (session: Session) => {
      for (let update = 1; update <= updatesOfBurst && !signal.aborted; update += 1)
        await perform(load, session, {
          subject: 'user',
          op: 'update',
          id,
          sent: { group: newUser(session, id).group },
        });
    };
    await Promise.all(sessions.map(updateSome));
  }
};

/** A session that has just written reads the result, or continues. */
const chooseNext = (load: Load, session: Session, isOfAccount: boolean): Wanted => {
  const { random, written } = session;
  session.written = undefined;
  if (written && nextRandom(random) < 0.5) return { ...written, op: 'read', sent: undefined };
  return load.accounts && isOfAccount ? chooseAccountCall(load.accounts, session) : chooseCall(load, session);
};

// Of the seed alone, not of what was answered. Every update asks for values never asked for before, so each is a
// change, and each event shows whose it is.
const chooseCall = (load: Load, session: Session): Wanted => {
  const { random } = session;
  const dice = nextRandom(random);
  const id = chooseId(load, session);
  const { group, email } = newUser(session, id);
  if (dice < 0.14)
    return {
      subject: 'user',
      op: 'create',
      id: nextId(load, session),
      sent: newUser(session, idOf(load, session.number, session.created - 1)),
    };
  if (dice < 0.16) return { subject: 'user', op: 'create', id, sent: newUser(session, id) };
  if (dice < 0.19)
    return load.hot.includes(id)
      ? { subject: 'user', op: 'read', id, sent: undefined }
      : { subject: 'user', op: 'delete', id, sent: undefined };
  if (dice < 0.21) return { subject: 'user', op: 'update', id: `never-${id}`, sent: { group } };
  if (dice < 0.47) return { subject: 'user', op: 'update', id, sent: { group } };
  if (dice < 0.51) return { subject: 'user', op: 'update', id, sent: { group, email } };
  return { subject: 'user', op: 'read', id: dice < 0.54 ? `never-${id}` : id, sent: undefined };
};

/**
 * A hot one, or a cold one, of this session or of another that is as far. Every other cold one is left alone: what is
 * lost of it no later write hides.
 */
const chooseId = (load: Load, { number, created, random }: Session): string => {
  if (created === 0 || nextRandom(random) < 0.3) return pickFrom(random, load.hot);
  const whose = nextRandom(random) < 0.5 ? number : Math.floor(nextRandom(random) * load.sessions);
  return idOf(load, whose, 2 * Math.floor((nextRandom(random) * created) / 2));
};

const idOf = ({ name }: Load, session: number, index: number) => `cold-${name}-${session}-${index}`;

const nextId = (load: Load, session: Session) => {
  session.created += 1;
  return idOf(load, session.number, session.created - 1);
};

const newUser = ({ name, calls }: Session, id: string): User => {
  const group = Number.parseInt(name.replaceAll('-', ''), 16) * 100_000 + calls;
  return { id, name: `User ${id}`, email: `${name}.${calls}@example.com`, group };
};

const perform = async (load: Load, session: Session, { subject, op, id, sent }: Wanted): Promise<void> => {
  const key = `${subject} ${id}`;
  const known = session.returned.get(key);
  const isPassed = nextRandom(session.random) < 0.5;
  const minVersion = op === 'read' && known && isPassed ? known.version : undefined;
  session.calls += 1;
  const requestId = `${session.name}-${session.calls}`;
  const invokedAt = performance.now();
  const returned = known?.lost === load.lost && invokedAt - known.at < rememberedMs ? known.version : 0;
  const isConditional = subject === 'user' && op === 'update' && nextRandom(session.random) < 0.2;
  const ifVersion = isConditional ? load.newest.get(key) : undefined;
  const onlyNew = subject === 'user' && op === 'create' && nextRandom(session.random) < 0.3 ? true : undefined;
  const reply = await ask(session.url, { subject, op, id, sent }, requestId, { minVersion, ifVersion, onlyNew });
  const completedAt = performance.now();
  if (!reply) load.lost += 1;
  const version = reply && versionOf(reply);
  if (version) load.newest.set(key, Math.max(version, load.newest.get(key) ?? 0));
  if (version)
    session.returned.set(key, { version: Math.max(version, known?.version ?? 0), lost: load.lost, at: completedAt });
  session.written = op === 'read' ? undefined : { subject, id };
  load.calls.push({
    ...{
      session: session.name,
      requestId,
      subject,
      op,
      id,
      sent,
      minVersion,
      ifVersion,
      onlyNew,
      returned,
      invokedAt,
      completedAt,
      version,
    },
    outcome: reply ? outcomeOf(op, reply) : 'unknown',
    status: reply?.status,
    shown: reply && reply.status < 300 ? reply.body : undefined,
    problem: reply && reply.status >= 400 ? reply.body : undefined,
    ...sourceOf(reply),
  });
};

// a gateway keeps in mind for 60 s what it returned
const rememberedMs = 50_000;

const sets: readonly (readonly [share: number, op: SetCall['op'] | 'history', path: string])[] = [
  [0.5, 'count', '/api/user/count'],
  [0.6, 'list', '/api/user?limit=1000'],
  [0.7, 'sorted', '/api/user?sort=-createdAt&limit=1000'],
  [0.85, 'groups', '/api/user/views/byGroup?limit=1000'],
  [1, 'history', ''],
];

const performSet = async (load: Load, session: Session): Promise<void> => {
  const drawn = nextRandom(session.random);
  const [, op, path] = sets.find(([share]) => drawn < share) ?? ([0, 'count', '/api/user/count'] as const);
  if (op === 'history') return performPast(load, session, pickFrom(session.random, load.hot));
  const invokedAt = performance.now();
  const reply = await askSet(session.url, path);
  const isPart = reply?.headers.get('link')?.includes('rel="next"') ?? false;
  const body = reply?.status === 200 ? reply.body : undefined;
  const users = op === 'list' || op === 'sorted' ? (body as User[] | undefined) : undefined;
  const groups = op === 'groups' ? (body as CountedGroup[] | undefined) : undefined;
  load.sets.push({
    ...{ session: session.name, op, invokedAt, completedAt: performance.now(), status: reply?.status, users, groups },
    count: isPart ? undefined : (users?.length ?? groups?.reduce((sum, { count }) => sum + count, 0) ?? body?.count),
    agedMs: agedMsOf(reply),
    ...sourceOf(reply),
  });
};

const performPast = async (load: Load, session: Session, id: string): Promise<void> => {
  const invokedAt = performance.now();
  const reply = await askSet(session.url, `/api/user/${id}/history?page[size]=100`);
  load.past.push({
    ...{ session: session.name, id, invokedAt, completedAt: performance.now(), status: reply?.status },
    events: reply?.status === 200 ? reply.body : undefined,
    retryAfter: sourceOf(reply).retryAfter,
  });
};

const askSet = (url: string, path: string): Promise<Reply | undefined> =>
  call(url, 'GET', path, { signal: AbortSignal.timeout(answerWithinMs) }).catch(() => undefined);

const agedMsOf = (reply: Reply | undefined): number | undefined => {
  const asOf = reply?.headers.get('muster-as-of');
  return asOf ? Date.now() - Date.parse(asOf) : undefined;
};

const requestOf = ({ subject, op, id }: Wanted, onlyNew = false): [method: string, path: string] => {
  const { path } = subjects[subject];
  switch (op) {
    case 'create':
      return onlyNew ? ['PUT', `${path}/${id}`] : ['POST', path];
    case 'update':
      return ['PUT', `${path}/${id}`];
    case 'delete':
      return ['DELETE', `${path}/${id}`];
    case 'read':
      return ['GET', `${path}/${id}`];
    default:
      return ['POST', `${path}/${id}:${op}`];
  }
};

const answerWithinMs = 8_000;

const ask = (
  url: string,
  wanted: Wanted,
  requestId: string,
  { minVersion, ifVersion, onlyNew }: Pick<Call, 'minVersion' | 'ifVersion' | 'onlyNew'>,
): Promise<Reply | undefined> => {
  const least: Record<string, string> = minVersion === undefined ? {} : { 'muster-min-version': String(minVersion) };
  const only: Record<string, string> = ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` };
  const fresh: Record<string, string> = onlyNew ? { 'if-none-match': '*' } : {};
  const [method, path] = requestOf(wanted, onlyNew);
  const options = {
    body: wanted.sent,
    headers: { 'x-request-id': requestId, ...least, ...only, ...fresh },
    signal: AbortSignal.timeout(answerWithinMs),
  };
  return call(url, method, path, options).catch(() => undefined);
};

const sourceOf = (reply: Reply | undefined) => ({
  source: reply?.headers.get('muster-source') ?? undefined,
  lagMs: numberOf(reply?.headers.get('muster-lag-ms')),
  retryAfter: reply?.headers.get('retry-after') ?? undefined,
});

const outcomeOf = (op: Call['op'], { status, body }: Reply): Outcome => {
  if (status < 300) return 'ok';
  if (op === 'read') return status === 404 || status === 410 ? 'ok' : status < 500 ? 'refused' : 'unknown';
  if (status === 503) return body?.written === 'notWritten' ? 'notWritten' : 'unknown';
  return status < 500 ? 'refused' : 'unknown';
};

const versionOf = ({ headers }: Reply): number | undefined =>
  numberOf(/^"(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]);

const numberOf = (text: string | null | undefined) => (text ? Number(text) : undefined);
