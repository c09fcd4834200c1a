import { type Entity, findIdFaults } from '@muster/model';
import type { Context } from 'koa';
import { answerResult, setThingHeaders } from '../answer-thing.ts';
import type { Gateway } from '../gateway.ts';
import { parseMinVersion } from '../parse-headers.ts';
import { answerProblem, invalid, unavailable } from '../problem.ts';
import { readThing } from '../read-thing.ts';

/** GET /api/user/{id} */
export const read = async (gateway: Gateway, entity: Entity, ctx: Context, id: string): Promise<void> => {
  const faults = findIdFaults(id);
  if (faults.length > 0) return answerProblem(ctx, invalid(faults));
  const least = parseMinVersion(ctx);
  if (least.kind === 'faults') return answerProblem(ctx, invalid(least.faults));
  const result = await readThing(gateway, entity, id, least.value);
  switch (result.kind) {
    case 'result':
      return answerResult(ctx, entity, id, result);
    case 'unavailable':
      return answerProblem(ctx, unavailable(`Cannot read ${entity.name} "${id}": ${result.why}`, { id }));
    case 'notReached':
      setThingHeaders(ctx, result.version, 'database', 0);
      return answerProblem(ctx, {
        status: 412,
        name: 'no-such-version',
        title: `The ${entity.name} does not have that version`,
        detail: `Cannot read ${entity.name} "${id}" at version ${result.least} or newer: the log has version ${result.version}; ask for one that was answered before`,
        more: { id, version: result.version },
      });
  }
};
