import { type Entity, findIdFaults } from '@muster/model';
import type { Context } from 'koa';
import { answerSeen, setThingHeaders } from '../answer-thing.ts';
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
  const seen = await readThing(gateway, entity, id, least.value);
  switch (seen.kind) {
    case 'seen':
      return answerSeen(ctx, entity, id, seen);
    case 'unavailable':
      return answerProblem(ctx, unavailable(`Cannot read ${entity.name} "${id}": ${seen.why}`, { id }));
    case 'notReached':
      setThingHeaders(ctx, seen.version, 'database', 0);
      return answerProblem(ctx, {
        status: 412,
        name: 'no-such-version',
        title: `The ${entity.name} does not have that version`,
        detail: `Cannot read ${entity.name} "${id}" at version ${seen.least} or newer: the log has version ${seen.version}; ask for one that was answered before`,
        more: { id, version: seen.version },
      });
  }
};
