import type { Entity } from '@muster/model';
import { answerJson } from './answer-json.ts';
import type { Exchange } from './exchange.ts';
import { answerProblem, unavailable } from './problem.ts';
import type { Read, ReadResult } from './read-thing.ts';
import { setThingHeaders } from './set-thing-headers.ts';
import { gone, notFound, notReached } from './thing-problems.ts';

/** Answers a read: 200 with the thing, or 404, 410, 412 or 503 with the reason. */
export const answerRead = (exchange: Exchange, entity: Entity, id: string, read: Read): void => {
  switch (read.kind) {
    case 'result':
      return answerResult(exchange, entity, id, read);
    case 'unavailable':
      return answerProblem(exchange, unavailable(`Cannot read ${entity.name} "${id}": ${read.why}`, { id }));
    case 'notReached':
      setThingHeaders(exchange, read.version, 'database', 0);
      return answerProblem(exchange, notReached(entity, id, read.version, read.least));
  }
};

const answerResult = (exchange: Exchange, entity: Entity, id: string, result: ReadResult): void => {
  setThingHeaders(exchange, result.version, result.source, result.lagMs);
  if (result.parked) exchange.headers.push('Muster-Parked', 'true');
  switch (result.status) {
    case 'absent':
      return answerProblem(exchange, notFound(entity, id));
    case 'deleted':
      return answerProblem(exchange, gone(entity, id, result.version, new Date(result.changedAt)));
    case 'active':
      return answerJson(exchange, 200, result.json);
  }
};
