import Router from '@koa/router';
import type { Context } from 'koa';
import { v7 as uuidv7 } from 'uuid';
import { parseDocument } from './parse-document.ts';
import type { AssetRow, NoteRow, Tables } from './plain-database.ts';

const assetsPath = '/api/v1/assets';
const notesPath = '/api/v1/notes';

/** Makes the routes of assets and notes over these tables. SQLite answers at once, so nothing happens in between. */
export const plainRoutes = (tables: Tables): Router => {
  const router = new Router();
  router.post(assetsPath, (ctx: Context) => createAsset(tables, ctx));
  router.get(assetsPath, (ctx: Context) => answer(ctx, 200, { data: tables.listAssets().map(presentAsset) }));
  router.get(`${assetsPath}/:id`, (ctx: Context) => readAsset(tables, ctx, ctx.params.id));
  router.delete(`${assetsPath}/:id`, (ctx: Context) => deleteAsset(tables, ctx));
  router.post(notesPath, (ctx: Context) => createNote(tables, ctx));
  router.get(notesPath, (ctx: Context) => answer(ctx, 200, { data: tables.listNotes().map(presentNote) }));
  router.get(`${notesPath}/:id`, (ctx: Context) => readNote(tables, ctx));
  router.get(`${notesPath}/:id/asset`, (ctx: Context) => readAssetOfNote(tables, ctx));
  return router;
};

const createAsset = (tables: Tables, ctx: Context) => {
  const parsed = parseDocument(ctx.request.body, { type: 'assets', attribute: 'name', most: 255 });
  if (parsed.kind === 'problem') return refuse(ctx, 400, parsed.problem);
  const { id = uuidv7(), value } = parsed;
  const found = tables.findAsset(id);
  if (found) return found.deleted ? refuse(ctx, 410, 'The asset was deleted') : refuse(ctx, 409, 'The asset exists');
  const now = new Date().toISOString();
  tables.addAsset(id, value, now);
  ctx.set('Location', `${assetsPath}/${id}`);
  answer(ctx, 201, { data: presentAsset({ id, name: value, deleted: 0, created: now, modified: now }) });
};

const readAsset = (tables: Tables, ctx: Context, id: string) => {
  const found = findActive(tables, ctx, id);
  if (found) answer(ctx, 200, { data: presentAsset(found) });
};

const deleteAsset = (tables: Tables, ctx: Context) => {
  const found = findActive(tables, ctx, ctx.params.id);
  if (!found) return;
  tables.deleteAsset(found.id, new Date().toISOString());
  ctx.status = 204;
};

const createNote = (tables: Tables, ctx: Context) => {
  const parsed = parseDocument(ctx.request.body, { type: 'notes', attribute: 'content', most: 10_000, to: 'asset' });
  if (parsed.kind === 'problem') return refuse(ctx, 400, parsed.problem);
  const { id = uuidv7(), value, related = '' } = parsed;
  if (tables.findNote(id)) return refuse(ctx, 409, 'The note exists');
  if (!findActive(tables, ctx, related)) return;
  const now = new Date().toISOString();
  tables.addNote(id, value, related, now);
  ctx.set('Location', `${notesPath}/${id}`);
  answer(ctx, 201, { data: presentNote({ id, content: value, asset_id: related, created: now, modified: now }) });
};

const readNote = (tables: Tables, ctx: Context) => {
  const found = tables.findNote(ctx.params.id);
  if (found) answer(ctx, 200, { data: presentNote(found) });
  else refuse(ctx, 404, 'The note was not found');
};

const readAssetOfNote = (tables: Tables, ctx: Context) => {
  const found = tables.findNote(ctx.params.id);
  if (found) readAsset(tables, ctx, found.asset_id);
  else refuse(ctx, 404, 'The note was not found');
};

/** Returns an asset that exists. Otherwise answers 404 or 410. */
const findActive = (tables: Tables, ctx: Context, id: string): AssetRow | undefined => {
  const found = tables.findAsset(id);
  if (found && !found.deleted) return found;
  if (found) refuse(ctx, 410, 'The asset was deleted');
  else refuse(ctx, 404, 'The asset was not found');
  return undefined;
};

const presentAsset = ({ id, deleted, ...attributes }: AssetRow) => ({
  ...{ type: 'assets', id, attributes: { ...attributes, deleted: deleted === 1 } },
  links: { self: `${assetsPath}/${id}` },
});

const presentNote = ({ id, asset_id, ...attributes }: NoteRow) => ({
  ...{ type: 'notes', id, attributes, links: { self: `${notesPath}/${id}` } },
  relationships: { asset: { data: { type: 'assets', id: asset_id }, links: { related: `${notesPath}/${id}/asset` } } },
});

const refuse = (ctx: Context, status: number, title: string) =>
  answer(ctx, status, { errors: [{ status: String(status), title }] });

const answer = (ctx: Context, status: number, document: object) => {
  ctx.status = status;
  ctx.type = 'application/vnd.api+json';
  ctx.body = JSON.stringify(document);
};
