import { type Entity, type Fault, findIdFaults } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { parseQueryInteger } from '../parse-headers.ts';
import { limitsOf } from '../parse-page.ts';
import { findUnknown, parseAt } from '../parse-past.ts';
import { tooMuch } from '../past-problems.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readApart } from '../read-apart.ts';
import { type PastPageAsked, readPastPage } from '../read-past-page.ts';
import { pastDeadlineMs } from './read-past.ts';

const sizeMax = 100;
const sizeName = 'page[size]';
const afterName = 'page[after]';

/**
 * GET /api/user?at=2026-11-26T10:00:00Z&page[size]=100&page[after]=13AE742: the things that there were then, as they
 * were, in the stable order: partition, then id.
 */
export const listPast = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const parsed = parseAsked(gateway, entity, exchange.query);
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const { asked } = parsed;
  const what = `list ${entity.name}s at ${asked.at.toISOString()}`;
  const apart = { places: gateway.pastScans, deadlineMs: pastDeadlineMs, what };
  const page = await readApart(gateway, exchange, apart, (leftMs) => readPastPage(gateway, entity, asked, leftMs));
  if (!page) return;
  if (page.kind === 'tooMuch') return answerProblem(exchange, tooMuch(what, page));
  setPastHeaders(exchange, asked.at);
  if (page.next !== undefined) exchange.headers.push('Link', linkOf(entity, asked, page.next));
  answerJson(exchange, 200, `[${page.things.join(',')}]`);
};

/** Sets the headers of an answer on many things in the past. */
export const setPastHeaders = ({ headers }: Exchange, at: Date): void => {
  headers.push('Muster-Source', 'database', 'Muster-Lag-Ms', '0', 'Muster-As-Of', at.toISOString());
};

const parseAsked = (
  gateway: Gateway,
  entity: Entity,
  query: Exchange['query'],
): { kind: 'asked'; asked: PastPageAsked } | { kind: 'faults'; faults: Fault[] } => {
  const at = parseAt(gateway, query);
  const most = Math.min(sizeMax, limitsOf(entity).most);
  const size = parseQueryInteger(query, sizeName, most, 1, most);
  const { [afterName]: after } = query;
  const faults = findUnknown(query, ['at', sizeName, afterName]);
  if (at.kind === 'faults') faults.push(...at.faults);
  if (size.kind === 'faults') faults.push(...size.faults);
  if (after !== undefined) faults.push(...findIdFaults(after, `/${afterName}`));
  if (at.kind === 'faults' || !at.value || size.kind === 'faults' || faults.length > 0)
    return { kind: 'faults', faults };
  const asked = { at: at.value, size: size.value ?? most, after: after as string | undefined };
  return { kind: 'asked', asked };
};

const linkOf = ({ path }: Entity, { at, size }: PastPageAsked, next: string): string =>
  `<${path}?at=${at.toISOString()}&page%5Bsize%5D=${size}&page%5Bafter%5D=${next}>; rel="next"`;
