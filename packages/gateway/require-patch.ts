import type { Context, Next } from 'koa';
import { jsonApiType } from './json-api/negotiate.ts';
import { giveProblem } from './on-koa.ts';

const known = ['application/merge-patch+json', 'application/json', jsonApiType];

/** The media types of a PATCH, as the header `Accept-Patch` names them (RFC 5789, 3.1). A JSON:API document is one. */
export const patchTypes = known.join(', ');

/** Answers 415 to a patch that is no merge patch (RFC 7396): in another format, the same text means something else. */
export const requirePatch = (ctx: Context, next: Next): Promise<void> | void => {
  if (ctx.is(known)) return next();
  ctx.set('Accept-Patch', patchTypes);
  giveProblem(ctx, {
    name: 'unsupported-media-type',
    detail: `The content type is ${(ctx.get('Content-Type') || 'none').slice(0, 80)}; send one of ${patchTypes}`,
  });
};
