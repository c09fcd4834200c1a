import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';

// A small service over SQLite with the same API, as a team would write it without Muster: one row per asset, no
// history. Every write is on the disk before its answer (synchronous = FULL), as Muster's is.

type Row = { id: string; name: string; deleted: number; created: string; modified: string };
type Statement = { run: (...values: unknown[]) => unknown; get: (...values: unknown[]) => Row; all: () => Row[] };
type Database = { pragma: (text: string) => void; exec: (text: string) => void; prepare: (text: string) => Statement };

const type = 'application/vnd.api+json';
const [packagePath = '', file = ''] = process.argv.slice(2);
const Sqlite = createRequire(import.meta.url)(packagePath) as new (path: string) => Database;

const database = new Sqlite(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(
  'CREATE TABLE assets (id TEXT PRIMARY KEY, name TEXT, deleted INTEGER, created TEXT, modified TEXT);' +
    'CREATE INDEX byModified ON assets (modified)',
);
const find = database.prepare('SELECT * FROM assets WHERE id = ?');
const insert = database.prepare('INSERT INTO assets VALUES (?, ?, 0, ?, ?)');
const remove = database.prepare('UPDATE assets SET deleted = 1, modified = ? WHERE id = ?');
const list = database.prepare('SELECT * FROM assets ORDER BY modified LIMIT 100');

const resourceOf = ({ id, name, deleted, created, modified }: Row) => ({
  ...{ type: 'assets', id, attributes: { name, deleted: deleted === 1, created, modified } },
  links: { self: `/api/v1/assets/${id}` },
});

const answer = (ctx: Context, status: number, body: object) => {
  ctx.status = status;
  ctx.type = type;
  ctx.body = JSON.stringify(body);
};

const refuse = (ctx: Context, status: number, title: string) =>
  answer(ctx, status, { errors: [{ status: String(status), title }] });

const create = (ctx: Context) => {
  const { id, attributes } = Object((ctx.request.body as { data?: object }).data);
  if (typeof id !== 'string' || typeof attributes?.name !== 'string') return refuse(ctx, 400, 'Invalid');
  const known = find.get(id);
  if (known) return refuse(ctx, known.deleted ? 410 : 409, 'It exists, or was deleted');
  const now = new Date().toISOString();
  insert.run(id, attributes.name, now, now);
  answer(ctx, 201, { data: resourceOf(find.get(id)) });
};

const withKnown = (work: (ctx: Context, row: Row) => void) => (ctx: Context) => {
  const known = find.get(ctx.params.id);
  if (!known) return refuse(ctx, 404, 'Not found');
  if (known.deleted) return refuse(ctx, 410, 'Deleted');
  work(ctx, known);
};

const router = new Router({ prefix: '/api/v1/assets' });
router.get('/', (ctx: Context) => answer(ctx, 200, { data: list.all().map(resourceOf) }));
router.post('/', create);
router.get(
  '/:id',
  withKnown((ctx, row) => answer(ctx, 200, { data: resourceOf(row) })),
);
router.delete(
  '/:id',
  withKnown((ctx, { id }) => {
    remove.run(new Date().toISOString(), id);
    ctx.status = 204;
  }),
);

const app = new Koa();
app.use(bodyParser({ extendTypes: { json: [type] } }));
app.use(router.routes());
const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
process.once('SIGTERM', () => process.exit(0));
