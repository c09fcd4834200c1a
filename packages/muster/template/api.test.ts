import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Muster, startMuster } from 'muster';
import { entities } from './entities.ts';

describe('The API', () => {
  let muster: Muster;
  before(async () => {
    muster = await startMuster({ entities });
  });
  after(() => muster?.stop());

  const send = (method: string, path: string, body?: object) =>
    fetch(muster.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  it('opens, renames and finishes a task', async () => {
    strictEqual((await send('POST', '/api/task', { id: 'milk', title: 'Buy milk' })).status, 201);
    const renamed = await send('POST', '/api/task/milk:rename', { title: 'Buy bread' });
    deepStrictEqual(await renamed.json(), { id: 'milk', title: 'Buy bread' });
    strictEqual((await send('POST', '/api/task/milk:finish')).status, 200);
    strictEqual((await send('POST', '/api/task/milk:finish')).status, 409);
    const read = (await (await send('GET', '/api/task/milk')).json()) as { title: string };
    strictEqual(read.title, 'Buy bread');
  });
});
