import type { AddressInfo } from 'node:net';
import { makeUser } from '@muster/cli';
import { aborted, runProgram } from '@muster/runtime';
import Koa from 'koa';

// Target (b): the cost of Koa itself. It answers every request with one constant user, as large as the other targets'
// answers.

await runProgram('bench-bare-koa', async (_environment, signal) => {
  const { id, fields } = makeUser(1, 0);
  const text = JSON.stringify({ id, ...fields });
  const app = new Koa();
  app.use((ctx) => {
    ctx.type = 'json';
    ctx.body = text;
  });
  const server = app.listen(0, '127.0.0.1', () =>
    process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port }),
  );
  await aborted(signal);
  server.closeAllConnections();
  server.close();
  return 0;
});
