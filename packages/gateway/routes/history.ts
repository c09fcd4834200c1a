import {
  absent,
  type DescribedEvent,
  describeChanges,
  describeEvents,
  type Entity,
  type Fault,
  findIdFaults,
} from '@muster/model';
import { type Past, readNewestVersion, readNewestVersions, type StoredEvent } from '@muster/store';
import { answerJson } from '../answer-json.ts';
import { answerCondition } from '../answer-read.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { loadPastState } from '../load-past-state.ts';
import { parsePrecondition, parseQueryInteger } from '../parse-headers.ts';
import { findUnknown } from '../parse-past.ts';
import { changesTooLong } from '../past-problems.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readApart } from '../read-apart.ts';
import { setThingHeaders } from '../set-thing-headers.ts';
import { notFound } from '../thing-problems.ts';
import { pastDeadlineMs, versionMax } from './read-past.ts';

const sizeDefault = 20;
const sizeMax = 100;
const pageBytesMax = 4 * 1024 * 1024; // of the events, and of the answer: a page with large ones is shorter

const sizeName = 'page[size]';
const beforeName = 'page[before]';
const changesName = 'changes';

/** `before`: only events with a lower version. Without changes, the events before the page need not be applied. */
type Asked = { size: number; before: number | undefined; withChanges: boolean };

/** The events of a page in order, the state before them (unless the changes are not wanted), and the newest version. */
type Page = { newest: number; events: StoredEvent[]; base: Past | undefined };

/**
 * GET /api/user/{id}/history?page[size]=20&page[before]=41: the events of a thing, newest first, with what each one
 * changed. From the log: also for deleted things.
 */
export const history = async (gateway: Gateway, entity: Entity, exchange: Exchange, id: string): Promise<void> => {
  const parsed = parseAsked(exchange.query);
  const condition = parsePrecondition(exchange);
  const faults = [
    ...findIdFaults(id),
    ...(parsed.kind === 'faults' ? parsed.faults : []),
    ...(condition.kind === 'faults' ? condition.faults : []),
  ];
  if (parsed.kind === 'faults' || condition.kind === 'faults' || faults.length > 0)
    return answerProblem(exchange, invalid(faults));
  const { asked } = parsed;
  const apart = {
    places: gateway.pastReads,
    deadlineMs: pastDeadlineMs,
    what: `read the history of ${entity.name} "${id}"`,
  };
  const page = await readApart(gateway, exchange, apart, (leftMs) => readPage(gateway, entity, id, asked, leftMs));
  if (!page) return;
  const { newest, events, base } = page;
  setThingHeaders(exchange, newest, 'database', 0);
  if (newest === 0) return answerProblem(exchange, notFound(entity, id));
  if (base?.kind === 'tooLong')
    return answerProblem(exchange, changesTooLong(entity, id, newest, gateway.settings.PAST_EVENTS_MAX));
  const described = base ? describeChanges(entity, id, events, ...stateBefore(base)) : describeEvents(entity, events);
  if (described.some(({ problem }) => problem !== undefined)) exchange.headers.push('Muster-Parked', 'true');
  const rows = newestRows(described);
  const links = linksOf(`${entity.path}/${id}/history`, asked, newest, events, rows.length);
  if (links.length > 0) exchange.headers.push('Link', links.join(', '));
  const json = `[${rows.join(',')}]`;
  if (condition.value) answerCondition(exchange, entity, id, { json, version: newest }, condition.value);
  else answerJson(exchange, 200, json);
};

const parseAsked = (
  query: Exchange['query'],
): { kind: 'asked'; asked: Asked } | { kind: 'faults'; faults: Fault[] } => {
  const size = parseQueryInteger(query, sizeName, sizeDefault, 1, sizeMax);
  const before = parseQueryInteger(query, beforeName, 0, 1, versionMax);
  const { [changesName]: changes = 'true' } = query;
  const faults = findUnknown(query, [sizeName, beforeName, changesName]);
  if (size.kind === 'faults') faults.push(...size.faults);
  if (before.kind === 'faults') faults.push(...before.faults);
  if (changes !== 'true' && changes !== 'false')
    faults.push({
      pointer: `/${changesName}`,
      code: 'invalid-parameter',
      detail: `"${changesName}" must be true or false`,
    });
  if (size.kind === 'faults' || before.kind === 'faults' || faults.length > 0) return { kind: 'faults', faults };
  const asked = { size: size.value ?? sizeDefault, before: before.value || undefined, withChanges: changes === 'true' };
  return { kind: 'asked', asked };
};

const readPage = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  { size, before, withChanges }: Asked,
  leftMs: () => number,
): Promise<Page> => {
  const { log } = gateway;
  const newest = await readNewestVersion(log, entity, id, leftMs());
  const upTo = Math.min(newest, (before ?? newest + 1) - 1);
  if (upTo === 0) return { newest, events: [], base: undefined };
  const range = { above: Math.max(0, upTo - size), upTo, bytesMax: pageBytesMax };
  const events = await readNewestVersions(log, entity, id, range, leftMs);
  const version = (events[0]?.version ?? 1) - 1;
  const base = withChanges ? await loadPastState(gateway, entity, id, { version }, leftMs()) : undefined;
  return { newest, events, base };
};

/** The state before a page. If an earlier event cannot be applied, it is the state before that one: see `parked`. */
const stateBefore = (base: Exclude<Past, { kind: 'tooLong' }>) => {
  const { state, parked } = base.kind === 'state' ? base : (base.loaded ?? { state: absent, parked: undefined });
  return [state, parked] as const;
};

/** Returns the events as JSON, newest first: at least one, and no more than fit into an answer. */
const newestRows = (described: readonly DescribedEvent[]): string[] => {
  const rows: string[] = [];
  let bytes = 0;
  for (const event of described.toReversed()) {
    const row = JSON.stringify(event);
    bytes += Buffer.byteLength(row);
    if (bytes > pageBytesMax && rows.length > 0) break;
    rows.push(row);
  }
  return rows;
};

const linksOf = (
  path: string,
  { size, withChanges }: Asked,
  newest: number,
  events: readonly StoredEvent[],
  shown: number,
): string[] => {
  const link = (before: number, count: number, relation: string) =>
    `<${path}?page%5Bsize%5D=${count}&page%5Bbefore%5D=${before}${withChanges ? '' : '&changes=false'}>; ` +
    `rel="${relation}"`;
  const oldest = events.at(-shown)?.version ?? 1;
  const last = events.at(-1)?.version ?? 0;
  const newer = last === 0 ? 0 : Math.min(size, newest - last);
  return [
    ...(oldest > 1 ? [link(oldest, size, 'next')] : []),
    ...(newer > 0 ? [link(last + newer + 1, newer, 'prev')] : []),
  ];
};
