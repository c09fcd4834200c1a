import { type Entity, isId } from '@muster/model';
import type { Context, Next } from 'koa';
import { giveProblem } from '../on-koa.ts';
import { fieldsOf, parseFields } from '../parse-list.ts';
import { invalid } from '../problem.ts';
import { wantedFrom, wantsStreamAt } from './speak-json-api.ts';

/**
 * Takes `fields[type]` out of the parameters of a read of one thing of this entity: the routes do not know it, and the
 * translation leaves the other fields out. Only for clients that get JSON:API.
 */
export const takeFields =
  (entities: readonly Entity[], entity: Entity) =>
  async (ctx: Context, next: Next): Promise<void> => {
    const name = fieldsOf(entity);
    const { [name]: given, ...others } = ctx.query;
    if (given === undefined || !isId(ctx.params.id) || !isForDocument(ctx, entities)) return next();
    const { value, faults } = parseFields(entity, { [name]: given });
    if (faults.length > 0) return giveProblem(ctx, invalid(faults));
    ctx.state.fields = value;
    const { url } = ctx;
    ctx.query = others;
    try {
      await next();
    } finally {
      ctx.url = url; // the log has the address as it was sent
    }
  };

// events are no documents, so nothing could be left out of them
const isForDocument = (ctx: Context, entities: readonly Entity[]): boolean =>
  wantedFrom(ctx, entities) === 'yes' && !wantsStreamAt(entities, ctx);
