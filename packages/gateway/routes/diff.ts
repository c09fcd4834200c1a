import { diffJson, type Entity, findIdFaults, type State, shownOf } from '@muster/model';
import type { Past } from '@muster/store';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { loadPastState } from '../load-past-state.ts';
import { parseQueryInteger } from '../parse-headers.ts';
import { findUnknown } from '../parse-past.ts';
import { tooLong } from '../past-problems.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readApart } from '../read-apart.ts';
import { setThingHeaders } from '../set-thing-headers.ts';
import { gone, notFound } from '../thing-problems.ts';
import { answerNotReached, pastDeadlineMs, versionMax } from './read-past.ts';

/**
 * GET /api/user/{id}:diff?from=3&to=7: the JSON merge patch that turns version `from` of a thing into version `to`, as
 * clients see them. The ETag is `from`: with it as If-Match, the patch is applied to that version only.
 */
export const diff = async (gateway: Gateway, entity: Entity, exchange: Exchange, id: string): Promise<void> => {
  const { query } = exchange;
  const parsed = [parseVersion(query, 'from'), parseVersion(query, 'to')] as const;
  const faults = [...findIdFaults(id), ...findUnknown(query, ['from', 'to'])];
  for (const one of parsed) if (one.kind === 'faults') faults.push(...one.faults);
  const [from, to] = parsed.map((one) => (one.kind === 'number' ? one.value : undefined));
  if (from === undefined || to === undefined || faults.length > 0) return answerProblem(exchange, invalid(faults));
  const apart = {
    places: gateway.pastReads,
    deadlineMs: pastDeadlineMs,
    what: `compare versions ${from} and ${to} of ${entity.name} "${id}"`,
  };
  const states = await readApart(gateway, exchange, apart, (leftMs) =>
    loadBoth(gateway, entity, id, [from, to], leftMs),
  );
  if (states) answerDiff(gateway, exchange, entity, id, [from, to], states);
};

const parseVersion = (query: Exchange['query'], name: string) =>
  // a missing one is a fault, too
  parseQueryInteger({ [name]: query[name] ?? '' }, name, 0, 1, versionMax);

/** Loads the earlier state first: the later one begins there. */
const loadBoth = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  [from, to]: readonly [from: number, to: number],
  leftMs: () => number,
): Promise<readonly [from: Past, to: Past]> => {
  const load = (version: number, known?: State) => loadPastState(gateway, entity, id, { version }, leftMs(), known);
  const earlier = await load(Math.min(from, to));
  const later = await load(Math.max(from, to), earlier.kind === 'state' ? earlier.state : undefined);
  return from <= to ? [earlier, later] : [later, earlier];
};

const answerDiff = (
  gateway: Gateway,
  exchange: Exchange,
  entity: Entity,
  id: string,
  versions: readonly [from: number, to: number],
  states: readonly [from: Past, to: Past],
) => {
  const shown: unknown[] = [];
  for (const [index, past] of states.entries()) {
    switch (past.kind) {
      case 'tooLong':
        setThingHeaders(exchange, past.newest, 'database', 0);
        return answerProblem(exchange, tooLong(entity, id, past.newest, gateway.settings.PAST_EVENTS_MAX));
      case 'notReached':
        return answerNotReached(exchange, entity, id, versions[index] ?? 0, past);
      case 'state': {
        const { state } = past;
        if (state.status !== 'active') {
          setThingHeaders(exchange, state.version, 'database', 0);
          const deletedAt = state.status === 'deleted' ? state.deletedAt : undefined;
          return answerProblem(exchange, deletedAt ? gone(entity, id, state.version, deletedAt) : notFound(entity, id));
        }
        shown.push(shownOf(entity, id, state));
      }
    }
  }
  setThingHeaders(exchange, versions[0], 'database', 0);
  exchange.status = 200;
  exchange.headers.push('Content-Type', 'application/merge-patch+json; charset=utf-8');
  exchange.body = JSON.stringify(diffJson(shown[0], shown[1]));
};
