import { type Entity, type Fault, findIdFaults, type Precondition, renderState } from '@muster/model';
import type { Moment, Past } from '@muster/store';
import { answerRead } from '../answer-read.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { loadPastState } from '../load-past-state.ts';
import { parsePrecondition, parseQueryInteger } from '../parse-headers.ts';
import { findUnknown, parseAt } from '../parse-past.ts';
import { noSuchVersion, notYet, tooLong } from '../past-problems.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readApart } from '../read-apart.ts';
import { setThingHeaders } from '../set-thing-headers.ts';
import { notFound } from '../thing-problems.ts';

export const versionMax = 1_000_000_000;

/** The longest time of a read of the past, with its wait for a place. */
export const pastDeadlineMs = 5_000;

/** GET /api/user/{id}?version=3 or ?at=2026-11-26T10:00:00Z: one thing as it was then, from the log. */
export const readPast = async (gateway: Gateway, entity: Entity, exchange: Exchange, id: string): Promise<void> => {
  const parsed = parseMoment(gateway, exchange);
  const condition = parsePrecondition(exchange);
  const faults = [
    ...findIdFaults(id),
    ...(parsed.kind === 'faults' ? parsed.faults : []),
    ...(condition.kind === 'faults' ? condition.faults : []),
  ];
  if (parsed.kind === 'faults' || condition.kind === 'faults' || faults.length > 0)
    return answerProblem(exchange, invalid(faults));
  const { moment } = parsed;
  const apart = {
    places: gateway.pastReads,
    deadlineMs: pastDeadlineMs,
    what: `read ${entity.name} "${id}" as it was`,
  };
  const past = await readApart(gateway, exchange, apart, (leftMs) =>
    loadPastState(gateway, entity, id, moment, leftMs()),
  );
  switch (past?.kind) {
    case undefined:
      return; // it is answered
    case 'tooLong':
      setThingHeaders(exchange, past.newest, 'database', 0);
      return answerProblem(exchange, tooLong(entity, id, past.newest, gateway.settings.PAST_EVENTS_MAX));
    case 'notReached':
      return answerNotReached(exchange, entity, id, 'version' in moment ? moment.version : 0, past);
    case 'state':
      return answerState(exchange, entity, id, moment, past, condition.value);
  }
};

const parseMoment = (
  gateway: Gateway,
  { minVersion, query }: Exchange,
): { kind: 'moment'; moment: Moment } | { kind: 'faults'; faults: Fault[] } => {
  const at = parseAt(gateway, query);
  const version = parseQueryInteger(query, 'version', 0, 1, versionMax);
  const faults = findUnknown(query, ['version', 'at']);
  if (at.kind === 'faults') faults.push(...at.faults);
  if (version.kind === 'faults') faults.push(...version.faults);
  if (query.at !== undefined && query.version !== undefined)
    faults.push({
      pointer: '/at',
      code: 'not-combinable',
      detail: '"at" and "version" cannot be combined: give one of them',
    });
  if (minVersion !== '')
    faults.push({
      pointer: '',
      code: 'not-combinable',
      detail: 'the header Muster-Min-Version cannot be combined with "at" or "version"',
      place: { header: 'Muster-Min-Version' },
    });
  if (at.kind === 'faults' || version.kind === 'faults' || faults.length > 0) return { kind: 'faults', faults };
  return { kind: 'moment', moment: at.value ? { at: at.value } : { version: version.value ?? 1 } };
};

/** Answers that a thing has no such version: 404 if it has none at all. */
export const answerNotReached = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  version: number,
  past: Extract<Past, { kind: 'notReached' }>,
): void => {
  setThingHeaders(exchange, past.version, 'database', 0);
  const isParked = past.loaded?.parked !== undefined;
  if (isParked) exchange.headers.push('Muster-Parked', 'true');
  const isNone = past.version === 0 && !isParked;
  answerProblem(exchange, isNone ? notFound(entity, id) : noSuchVersion(entity, id, version, past));
};

const answerState = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  moment: Moment,
  { state, next, parked }: Extract<Past, { kind: 'state' }>,
  condition: Precondition | undefined,
) => {
  const rendered = renderState(entity, id, state);
  const asOf = 'at' in moment ? moment.at : new Date(rendered.changedAt);
  exchange.headers.push('Muster-As-Of', asOf.toISOString());
  if (state.status === 'absent' && next && 'at' in moment) {
    setThingHeaders(exchange, state.version, 'database', 0);
    return answerProblem(exchange, notYet(entity, id, moment.at, next));
  }
  const result = { ...rendered, source: 'database', lagMs: 0, parked: parked !== undefined };
  answerRead(exchange, entity, id, { kind: 'result', ...result }, condition);
};
