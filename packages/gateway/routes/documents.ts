import { createHash } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { fileTypes, findDocsFolder, readDocsFile } from '../docs-files.ts';
import type { Gateway } from '../gateway.ts';
import { writeLivePage } from '../live-page.ts';
import { giveProblem } from '../on-koa.ts';
import { describeApi } from '../openapi/describe-api.ts';
import { typeOf } from '../problem.ts';
import { type ProblemPage, pagePolicy, problemPages, writeProblemList, writeProblemPage } from '../problem-page.ts';
import { siteOriginsOf, writeSitesPage } from '../sites-page.ts';

const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Muster API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="page"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body></html>
`;

// Swagger UI writes style attributes, and has its pictures as data
const policyFor = (connectsTo: readonly string[]): string =>
  [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:"],
    ...[["connect-src 'self'", ...connectsTo].join(' '), "frame-ancestors 'none'", "base-uri 'none'"],
    "form-action 'none'",
  ].join(';');

const docsPolicy = policyFor([]);

/** Adds the routes that explain the service: /openapi.json, /docs and /problems. */
export const addDocuments = (router: Router, { entities, logger }: Pick<Gateway, 'entities' | 'logger'>): void => {
  const description = JSON.stringify(describeApi(entities));
  const folder = findDocsFolder();
  if (folder === undefined)
    logger.warn('The page /docs is empty: the folder docs-files is not beside the program; build or install it again');
  const pages = problemPages(entities);
  router.get('/openapi.json', (ctx: Context) => giveFile(ctx, 'application/json; charset=utf-8', description));
  router.get('/docs', (ctx: Context) => givePage(ctx, docsPolicy, docsPage));
  router.get('/docs/live', (ctx: Context) => givePage(ctx, docsPolicy, writeLivePage(entities)));
  router.get('/docs/sites', (ctx: Context) =>
    givePage(ctx, policyFor(siteOriginsOf(ctx.query)), writeSitesPage(entities)),
  );
  router.get('/docs/:file', async (ctx: Context) => {
    const content = await readDocsFile(folder, ctx.params.file);
    if (content !== undefined) giveFile(ctx, fileTypes[ctx.params.file] ?? '', content);
    else giveProblem(ctx, { name: 'no-such-route', detail: 'There is no such file of the page /docs; open /docs' });
  });
  router.get('/problems', (ctx: Context) => {
    if (wantsHtml(ctx)) givePage(ctx, pagePolicy, writeProblemList(pages));
    else giveJson(ctx, pages);
  });
  router.get('/problems/:name', (ctx: Context) => giveProblemPage(ctx, pages));
};

const giveProblemPage = (ctx: Context, pages: readonly ProblemPage[]) => {
  const found = pages.filter(({ type }) => type === typeOf(ctx.params.name));
  if (found.length === 0)
    return giveProblem(ctx, {
      name: 'no-such-route',
      detail: `There is no problem ${JSON.stringify(ctx.params.name.slice(0, 80))}; /problems lists all`,
    });
  if (wantsHtml(ctx)) givePage(ctx, pagePolicy, writeProblemPage(found));
  else giveJson(ctx, found[0]);
};

/** Whether a browser asks, which names HTML before anything else. */
const wantsHtml = (ctx: Context): boolean => {
  ctx.vary('Accept');
  return ctx.accepts('json', 'html') === 'html';
};

const givePage = (ctx: Context, policy: string, html: string) => {
  ctx.set('Content-Security-Policy', policy);
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = html;
};

const giveJson = (ctx: Context, value: unknown) => {
  ctx.type = 'application/json; charset=utf-8';
  ctx.body = JSON.stringify(value); // a text, as answerEarly needs it
};

/** Answers with a file, or with 304 if the client has it already. */
const giveFile = (ctx: Context, type: string, content: string) => {
  const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  ctx.set('ETag', tag);
  ctx.set('Cache-Control', 'no-cache');
  const known = ctx.get('If-None-Match');
  if (known.trim() === '*' || known.includes(tag)) {
    ctx.status = 304; // whatever Cache-Control says: the header is a condition
    return;
  }
  ctx.type = type;
  ctx.body = content;
};
