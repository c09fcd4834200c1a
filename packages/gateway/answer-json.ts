import type { Context } from 'koa';

/** Answers with this JSON text. */
export const answerJson = (ctx: Context, status: number, json: string): void => {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = json;
};
