import type { Entity, Precondition, Tags } from '@muster/model';
import { answerJson } from './answer-json.ts';
import type { Exchange } from './exchange.ts';
import { answerProblem, unavailable } from './problem.ts';
import type { Read, ReadResult } from './read-thing.ts';
import { setThingHeaders } from './set-thing-headers.ts';
import { gone, notFound, notReached, otherRead } from './thing-problems.ts';

/**
 * Answers a read: 200 with the thing, 304 if the client has it already, or 404, 410, 412 or 503 with the reason. The
 * conditions are evaluated in the order of RFC 9110, 13.2.2, whatever the request says of caches: this is the origin.
 */
export const answerRead = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  read: Read,
  condition: Precondition | undefined,
): void => {
  switch (read.kind) {
    case 'result':
      return answerResult(exchange, entity, id, read, condition);
    case 'unavailable':
      return answerProblem(exchange, unavailable(`Cannot read ${entity.name} "${id}": ${read.why}`, { id }));
    case 'notReached':
      setThingHeaders(exchange, read.version, 'database', 0);
      return answerProblem(exchange, notReached(entity, id, read.version, read.least));
  }
};

const answerResult = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  result: ReadResult,
  condition: Precondition | undefined,
): void => {
  setThingHeaders(exchange, result.version, result.source, result.lagMs);
  if (result.parked) exchange.headers.push('Muster-Parked', 'true');
  switch (result.status) {
    case 'absent':
      return answerProblem(exchange, notFound(entity, id));
    case 'deleted':
      return answerProblem(exchange, gone(entity, id, result.version, new Date(result.changedAt)));
    case 'active':
      if (condition === undefined) return answerJson(exchange, 200, result.json);
      return answerCondition(exchange, entity, id, result, condition);
  }
};

/** Answers with this JSON about a thing at this version, if the conditions of the request hold: else 304 or 412. */
export const answerCondition = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  { json, version }: Pick<ReadResult, 'json' | 'version'>,
  { match, noneMatch }: Precondition,
): void => {
  if (match && !hasTag(match, version)) return answerProblem(exchange, otherRead(entity, id, version));
  if (noneMatch && hasTag(noneMatch, version)) exchange.status = 304;
  else answerJson(exchange, 200, json);
};

const hasTag = (tags: Tags, version: number): boolean => tags === 'any' || tags.includes(version);
