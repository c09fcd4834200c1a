import { type Entity, findIdFaults } from '@muster/model';
import { answerRead } from '../answer-read.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { parseMinVersion, parsePrecondition } from '../parse-headers.ts';
import { answerProblem, invalid } from '../problem.ts';
import { type Read, readThing } from '../read-thing.ts';

/** GET /api/user/{id}. Calls `done` when it is answered, or `fail` with what the entity's `present` throws. */
export const read = (
  gateway: Gateway,
  entity: Entity,
  exchange: Exchange,
  id: string,
  done: () => void,
  fail: (error: unknown) => void,
): void => {
  const least = parseMinVersion(exchange.minVersion);
  const condition = parsePrecondition(exchange);
  const faults = [
    ...findIdFaults(id),
    ...(least.kind === 'faults' ? least.faults : []),
    ...(condition.kind === 'faults' ? condition.faults : []),
  ];
  if (faults.length > 0 || least.kind === 'faults' || condition.kind === 'faults') {
    answerProblem(exchange, invalid(faults));
    return done();
  }
  const take = (result: Read) => {
    answerRead(exchange, entity, id, result, condition.value);
    done();
  };
  readThing(gateway, entity, id, least.value ?? 0, take, fail);
};
