import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { aborted, runProgram } from '@muster/runtime';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { openDatabase, prepareTables } from './plain-database.ts';
import { plainRoutes } from './plain-routes.ts';

// The service over SQLite that a team would write for assets and notes without Muster: one process with Koa, one row
// per thing, and no events.

await runProgram('bench-plain-assets', async ({ SQLITE = '', DATA = '' }, signal) => {
  const database = openDatabase(SQLITE, join(DATA, 'assets.db'));
  const app = new Koa();
  app.use(
    bodyParser({ enableTypes: ['json'], extendTypes: { json: ['application/vnd.api+json'] }, jsonLimit: '64kb' }),
  );
  app.use(plainRoutes(prepareTables(database)).routes());
  const server = app.listen(0, '127.0.0.1', () =>
    process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port }),
  );
  await aborted(signal);
  server.closeAllConnections();
  server.close();
  database.close();
  return 0;
});
