import { type Entity, findIdFaults } from '@muster/model';
import type { Context } from 'koa';
import { answerRead } from '../answer-read.ts';
import type { Gateway } from '../gateway.ts';
import { parseMinVersion } from '../parse-headers.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readThing } from '../read-thing.ts';

/** GET /api/user/{id} */
export const read = async (gateway: Gateway, entity: Entity, ctx: Context, id: string): Promise<void> => {
  const faults = findIdFaults(id);
  if (faults.length > 0) return answerProblem(ctx, invalid(faults));
  const least = parseMinVersion(ctx);
  if (least.kind === 'faults') return answerProblem(ctx, invalid(least.faults));
  answerRead(ctx, entity, id, await readThing(gateway, entity, id, least.value));
};
