import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { entities } from '@muster/entities';
import { type CommandType, type Entity, type Fields, findIdFaults, parseInput, present } from '@muster/model';
import { aborted, runProgram } from '@muster/runtime';
import Koa, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';
import { type Collection, MongoClient, MongoServerError } from 'mongodb';
import { v7 as uuidv7 } from 'uuid';

// Target (c): the service that a team would write without Muster. The same validation, the same write concern, one
// document per user, no events.

type PlainDocument = Fields & { _id: string; createdAt: Date; updatedAt: Date };

type Update = (users: Collection<PlainDocument>, id: string, changes: Fields) => Promise<PlainDocument | null>;

const updateInOne: Update = (users, _id, changes) =>
  users.findOneAndUpdate({ _id }, { $set: changes }, { returnDocument: 'after' });

// SecantusDB scans the collection for a findOneAndUpdate by _id (11 ms at 20,000 documents), which would make this
// target look bad for the server's fault
const updateInTwo: Update = async (users, _id, changes) => {
  const { matchedCount } = await users.updateOne({ _id }, { $set: changes });
  return matchedCount === 1 ? users.findOne({ _id }) : null;
};

const openRouter = (entity: Entity, users: Collection<PlainDocument>, updateWith: Update): Router => {
  const router = new Router();
  router.post(entity.path, (ctx: Context) => create(entity, users, ctx));
  router.get(`${entity.path}/:id`, (ctx: Context) => read(entity, users, ctx));
  router.put(`${entity.path}/:id`, (ctx: Context) => update(entity, users, updateWith, ctx));
  router.delete(`${entity.path}/:id`, (ctx: Context) => remove(users, ctx));
  return router;
};

const create = async (entity: Entity, users: Collection<PlainDocument>, ctx: Context) => {
  const parsed = parseInput(entity.creating, ctx.request.body);
  if (parsed.kind === 'faults') return answer(ctx, 400, { errors: parsed.faults });
  const now = new Date();
  const id = parsed.id ?? uuidv7();
  try {
    await users.insertOne({ _id: id, ...parsed.fields, createdAt: now, updatedAt: now });
    ctx.set('Location', `${entity.path}/${id}`);
    answer(ctx, 201, present(entity, id, parsed.fields));
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== 11000) throw error;
    answer(ctx, 409, { title: 'The user exists' });
  }
};

const read = async (entity: Entity, users: Collection<PlainDocument>, ctx: Context) => {
  const faults = findIdFaults(ctx.params.id);
  if (faults.length > 0) return answer(ctx, 400, { errors: faults });
  const found = await users.findOne({ _id: ctx.params.id });
  if (found) answer(ctx, 200, present(entity, found._id, found));
  else answer(ctx, 404, { title: 'The user was not found' });
};

const update = async (entity: Entity, users: Collection<PlainDocument>, updateWith: Update, ctx: Context) => {
  const parsed = parseInput(updating(entity), ctx.request.body);
  const faults = [...findIdFaults(ctx.params.id), ...(parsed.kind === 'faults' ? parsed.faults : [])];
  if (faults.length > 0 || parsed.kind === 'faults') return answer(ctx, 400, { errors: faults });
  const found = await updateWith(users, ctx.params.id, { ...parsed.fields, updatedAt: new Date() });
  if (found) answer(ctx, 200, present(entity, found._id, found));
  else answer(ctx, 404, { title: 'The user was not found' });
};

const updating = (entity: Entity): CommandType => entity.commands.get('update') ?? entity.creating;

const remove = async (users: Collection<PlainDocument>, ctx: Context) => {
  const { deletedCount } = await users.deleteOne({ _id: ctx.params.id });
  ctx.status = deletedCount === 1 ? 204 : 404;
};

const answer = (ctx: Context, status: number, body: object) => {
  ctx.status = status;
  ctx.body = body;
};

await runProgram('bench-plain-crud', async ({ MONGODB_URI = '', DATABASE = '', UPDATE = '' }, signal) => {
  const [entity] = entities;
  if (!entity) return 2;
  await using client = new MongoClient(MONGODB_URI, {
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
  });
  const users = client.db(DATABASE).collection<PlainDocument>('PlainUsers');
  await users.findOne({});
  const app = new Koa();
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '64kb' }));
  app.use(openRouter(entity, users, UPDATE === 'in two' ? updateInTwo : updateInOne).routes());
  const server = app.listen(0, '127.0.0.1', () =>
    process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port }),
  );
  await aborted(signal);
  server.closeAllConnections();
  server.close();
  return 0;
});
