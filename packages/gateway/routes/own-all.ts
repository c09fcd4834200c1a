import { Readable } from 'node:stream';
import type { Entity, ReadsAll } from '@muster/model';
import type { Context } from 'koa';
import type { Gateway } from '../gateway.ts';
import { giveHeaders, giveProblem } from '../on-koa.ts';
import { unavailable } from '../problem.ts';
import { walkThings } from '../walk-things.ts';
import { setSetHeaders } from './count.ts';

/**
 * Answers with one object of all things, page by page. The headers are those of a list, as of the first page. An answer
 * that cannot be completed is broken off.
 */
export const readAll = async (gateway: Gateway, entity: Entity, { member }: ReadsAll, ctx: Context): Promise<void> => {
  const pages = walkThings(gateway, entity);
  const { value: first } = await pages.next(); // a problem of the first page can still be answered
  if (first && first.kind === 'unavailable')
    return giveProblem(ctx, unavailable(`Cannot list ${entity.name}s: ${first.why}`));
  const headers: string[] = [];
  if (first) setSetHeaders({ headers }, first.about);
  giveHeaders(ctx, headers);
  ctx.status = 200;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = Readable.from(writeObject(first?.things ?? [], pages, member));
};

async function* writeObject(
  first: readonly Record<string, unknown>[],
  pages: ReturnType<typeof walkThings>,
  member: ReadsAll['member'],
): AsyncGenerator<string> {
  let begin = '{';
  const write = (things: readonly Record<string, unknown>[]): string => {
    const members = things.flatMap((shown) => {
      const [name, value] = member(shown) ?? [];
      return name === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`];
    });
    if (members.length === 0) return '';
    const text = `${begin}${members.join(',')}`;
    begin = ',';
    return text;
  };
  yield write(first);
  for await (const page of pages) {
    if (page.kind === 'unavailable') throw new Error(page.why);
    yield write(page.things);
  }
  yield begin === '{' ? '{}' : '}';
}
