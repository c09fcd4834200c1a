import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { sqliteIn } from './find-sqlite.ts';

const type = 'application/vnd.api+json';
const sqlite = sqliteIn(join(findProjectRoot(), '.cache'));

describe('The plain server over SQLite', function () {
  this.timeout(30_000);

  it('gives the answers of the system assets (skipped until bench:assets has compiled SQLite)', async function () {
    if (!existsSync(sqlite)) return this.skip();
    await using server = await openServer();
    const { send } = server;
    const asset = (id: string) => ({ type: 'assets', id, attributes: { name: 'One' } });
    const note = (id: string, of: string) => ({
      ...{ type: 'notes', id, attributes: { content: 'Leaks' } },
      relationships: { asset: { data: { type: 'assets', id: of } } },
    });

    expect(await send('GET', 'assets/a-1')).to.include({ status: 404 });
    expect(await send('DELETE', 'assets/a-1')).to.include({ status: 404 });
    expect(await send('POST', 'assets', asset('a-1'))).to.include({ status: 201, type });
    expect(await send('POST', 'assets', asset('a-1'))).to.include({ status: 409, type });
    const read = await send('GET', 'assets/a-1');
    expect(read).to.include({ status: 200, type });
    expect(read.body.data).to.deep.include({ type: 'assets', id: 'a-1' });
    expect(read.body.data.attributes).to.include({ name: 'One', deleted: false });

    expect(await send('POST', 'notes', note('n-1', 'unseen'))).to.include({ status: 404 });
    expect(await send('POST', 'notes', note('n-1', 'a-1'))).to.include({ status: 201 });
    expect(await send('POST', 'notes', note('n-1', 'a-1'))).to.include({ status: 409 });
    expect(await send('GET', 'notes/n-1')).to.include({ status: 200 });
    expect((await send('GET', 'notes/n-1/asset')).body.data).to.include({ type: 'assets', id: 'a-1' });

    expect(await send('DELETE', 'assets/a-1')).to.include({ status: 204 });
    expect(await send('DELETE', 'assets/a-1')).to.include({ status: 410 });
    expect(await send('GET', 'assets/a-1')).to.include({ status: 410 });
    expect(await send('POST', 'assets', asset('a-1'))).to.include({ status: 410 });
    expect(await send('POST', 'notes', note('n-2', 'a-1'))).to.include({ status: 410 });
    expect(await send('GET', 'notes/n-1/asset')).to.include({ status: 410 });
    expect(await send('POST', 'assets', { type: 'assets', id: 'a/b' })).to.include({ status: 400 });

    for (let count = 0; count < 105; count += 1) await send('POST', 'assets', asset(`b-${count}`));
    const [first, ...others] = (await send('GET', 'assets')).body.data;
    expect(first).to.deep.include({ id: 'a-1' }).and.to.have.nested.property('attributes.deleted', true);
    expect(others).to.have.length(99);
    expect((await send('GET', 'notes')).body.data).to.have.length(1);
  });
});

const openServer = async () => {
  const folder = await openTestFolder();
  const program = join(findProjectRoot(), 'packages', 'bench', 'assets', 'plain-assets.ts');
  const env = { ...process.env, SQLITE: sqlite, DATA: folder.path };
  const child = fork(program, [], { env, execArgv: ['--import', 'tsx'] });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => Promise.reject(new Error(`The server ended with exit code ${code}`)));
  failed.catch(() => undefined);
  const [{ port }] = await Promise.race([once(child, 'message'), failed]);
  const send = async (method: string, path: string, data?: object) => {
    const request = data ? { body: JSON.stringify({ data }), headers: { 'Content-Type': type } } : {};
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { method, ...request });
    const text = await answer.text();
    const answered = answer.headers.get('Content-Type')?.split(';')[0];
    return { status: answer.status, type: answered, body: text === '' ? undefined : JSON.parse(text) };
  };
  const close = async () => {
    child.kill('SIGTERM');
    await exited;
    await folder[Symbol.asyncDispose]();
  };
  return { send, [Symbol.asyncDispose]: close };
};
