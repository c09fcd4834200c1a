import { type Entity, findIdFaults } from '@muster/model';
import { answerRead } from '../answer-read.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { parseMinVersion } from '../parse-headers.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readThing } from '../read-thing.ts';

/** GET /api/user/{id} */
export const read = async (gateway: Gateway, entity: Entity, exchange: Exchange, id: string): Promise<void> => {
  const faults = findIdFaults(id);
  if (faults.length > 0) return answerProblem(exchange, invalid(faults));
  const least = parseMinVersion(exchange.minVersion);
  if (least.kind === 'faults') return answerProblem(exchange, invalid(least.faults));
  answerRead(exchange, entity, id, await readThing(gateway, entity, id, least.value));
};
