import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { pause } from '@muster/runtime';
import { call, type Reply } from './call.ts';
import type { Call, Outcome, User } from './history.ts';

/** Sessions that write and read all the time, and the history of what they were told. Changed in this file only. */
export type Load = {
  name: string;
  urls: readonly string[];
  calls: Call[];
  hot: readonly string[]; // a few ids that everybody wants
  cold: string[]; // the many others, as they come into being
  lost: number; // connections lost: from then on a gateway may be one that knows nothing of what was told before
  stop: AbortController;
  done: Promise<unknown>;
};

export type LoadOptions = {
  sessions?: number;
  /** Between two calls of a session: the tests measure how the service stands faults, not how much it can carry. */
  pauseMs?: number;
};

type Session = {
  name: string;
  url: string;
  calls: number;
  told: Map<string, { version: number; lost: number }>;
  /** What it wrote last, and has not looked at since. */
  written: string | undefined;
};

/** Starts a load of mixed writes and reads on these gateways; it runs until `stopLoad`. */
export const startLoad = async (urls: readonly string[], { sessions = 16, pauseMs = 15 }: LoadOptions = {}): Promise<Load> => {
  const name = randomBytes(3).toString('hex');
  const hot = Array.from({ length: 6 }, (_, index) => `hot-${name}-${index}`);
  const load: Load = { name, urls, calls: [], hot, cold: [], lost: 0, stop: new AbortController(), done: Promise.resolve() };
  setMaxListeners(0, load.stop.signal); // each session waits on it
  const opened = Array.from({ length: sessions }, (_, index) => openSession(load, index));
  const first = opened[0] as Session;
  for (const id of hot) await perform(load, first, { op: 'create', id, sent: newUser(first, id) });
  load.done = Promise.all(opened.map((session) => run(load, session, pauseMs)));
  return load;
};

/** Stops it, waits for the answers to what is under way, and gives the history. */
export const stopLoad = async (load: Load): Promise<Call[]> => {
  load.stop.abort();
  await load.done;
  return load.calls;
};

/** Waits until this many further calls have been answered well: a load that has not noticed a fault says nothing of it. */
export const untilAnswered = async (load: Load, more: number, withinMs = 20_000): Promise<void> => {
  const answered = (from: number) => load.calls.slice(from).filter(({ outcome }) => outcome === 'ok').length;
  const from = load.calls.length;
  for (const until = performance.now() + withinMs; answered(from) < more; await pause(10)) {
    if (performance.now() > until) throw new Error(`Not ${more} calls answered within ${withinMs} ms: ${answered(from)} of ${load.calls.length - from}`);
  }
};

const openSession = ({ name, urls }: Load, index: number): Session => ({
  name: `${name}-${index}`,
  url: urls[index % urls.length] ?? '',
  calls: 0,
  told: new Map(),
  written: undefined,
});

const run = async (load: Load, session: Session, pauseMs: number) => {
  while (!load.stop.signal.aborted) {
    await perform(load, session, chooseCall(load, session));
    if (!session.written) await pause(pauseMs * 2 * Math.random(), load.stop.signal); // who has just written looks at once
  }
};

type Wanted = Pick<Call, 'op' | 'id' | 'sent'>;

// every update asks for values never asked for before, so each is a change, and each event shows whose it is
const chooseCall = (load: Load, session: Session): Wanted => {
  if (session.written && Math.random() < 0.5) return { op: 'read', id: session.written, sent: undefined };
  const dice = Math.random();
  const id = chooseId(load);
  const { group, email } = newUser(session, id);
  if (dice < 0.08) return { op: 'create', id: newId(session), sent: newUser(session, newId(session)) };
  if (dice < 0.1) return { op: 'create', id, sent: newUser(session, id) };
  if (dice < 0.13) return load.hot.includes(id) ? { op: 'read', id, sent: undefined } : { op: 'delete', id, sent: undefined };
  if (dice < 0.15) return { op: 'update', id: `never-${id}`, sent: { group } };
  if (dice < 0.45) return { op: 'update', id, sent: { group } };
  if (dice < 0.5) return { op: 'update', id, sent: { group, email } };
  return { op: 'read', id: dice < 0.53 ? `never-${id}` : id, sent: undefined };
};

const chooseId = ({ hot, cold }: Load): string => {
  const ids = Math.random() < 0.3 || cold.length === 0 ? hot : cold;
  return ids[Math.floor(Math.random() * ids.length)] as string;
};

const newId = (session: Session) => `cold-${session.name}-${session.calls}`;

const newUser = ({ name, calls }: Session, id: string): User => {
  const group = Number.parseInt(name.replaceAll('-', ''), 16) * 100_000 + calls;
  return { id, name: `User ${id}`, email: `${name}.${calls}@example.com`, group };
};

const perform = async (load: Load, session: Session, { op, id, sent }: Wanted): Promise<void> => {
  const known = session.told.get(id);
  const minVersion = op === 'read' && known && Math.random() < 0.5 ? known.version : undefined;
  const told = known?.lost === load.lost ? known.version : 0;
  session.calls += 1;
  const requestId = `${session.name}-${session.calls}`;
  const invokedAt = performance.now();
  const reply = await ask(session.url, op, id, sent, requestId, minVersion);
  const completedAt = performance.now();
  if (!reply) load.lost += 1;
  const version = reply && versionOf(reply);
  if (version) session.told.set(id, { version: Math.max(version, known?.version ?? 0), lost: load.lost });
  if (op === 'create' && reply?.status === 201) load.cold.push(...(load.hot.includes(id) ? [] : [id]));
  session.written = op !== 'read' && reply && reply.status < 300 ? id : undefined;
  load.calls.push({
    ...{ session: session.name, requestId, op, id, sent, minVersion, told, invokedAt, completedAt, version },
    outcome: reply ? outcomeOf(op, reply) : 'unknown',
    status: reply?.status,
    user: reply && reply.status < 300 ? reply.body : undefined,
    problem: reply && reply.status >= 400 ? reply.body : undefined,
    source: reply?.headers.get('muster-source') ?? undefined,
    lagMs: numberOf(reply?.headers.get('muster-lag-ms')),
    retryAfter: reply?.headers.get('retry-after') ?? undefined,
  });
};

const methods = { create: 'POST', update: 'PUT', delete: 'DELETE', read: 'GET' } satisfies Record<Call['op'], string>;
const answerWithinMs = 8_000;

const ask = (
  url: string,
  op: Call['op'],
  id: string,
  body: User | undefined,
  requestId: string,
  minVersion: number | undefined,
): Promise<Reply | undefined> => {
  const least: Record<string, string> = minVersion === undefined ? {} : { 'muster-min-version': String(minVersion) };
  const path = op === 'create' ? '/api/user' : `/api/user/${id}`;
  const options = { body, headers: { 'x-request-id': requestId, ...least }, signal: AbortSignal.timeout(answerWithinMs) };
  return call(url, methods[op], path, options).catch(() => undefined);
};

const outcomeOf = (op: Call['op'], { status, body }: Reply): Outcome => {
  if (status < 300) return 'ok';
  if (op === 'read') return status === 404 || status === 410 ? 'ok' : status < 500 ? 'refused' : 'unknown';
  if (status === 503) return body?.written === 'notWritten' ? 'notWritten' : 'unknown';
  return status < 500 ? 'refused' : 'unknown';
};

const versionOf = ({ headers }: Reply): number | undefined => numberOf(/^"(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]);

const numberOf = (text: string | null | undefined) => (text ? Number(text) : undefined);
