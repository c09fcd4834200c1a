import { connect } from 'node:net';
import { expect } from 'chai';
import { type Health, openHealthPort } from './health-port.ts';
import { Counter, Registry } from './metrics.ts';

const host = '127.0.0.1';

describe('The health port of a program', () => {
  it('answers that the program is alive, whether it is ready or not', async () => {
    await using open = await openPort({ ready: false, details: {} });
    const answer = await fetch(`${open.at}/livez`);
    expect([answer.status, await answer.json()]).to.deep.equal([200, { alive: true }]);
  });

  it('answers whether the program is ready now, and why', async () => {
    const health: Health = { ready: false, details: { lagMs: 7 } };
    await using open = await openPort(health);
    const before = await fetch(`${open.at}/readyz?verbose`);
    expect([before.status, await before.json()]).to.deep.equal([503, { ready: false, lagMs: 7 }]);
    health.ready = true;
    const after = await fetch(`${open.at}/readyz`);
    expect([after.status, await after.json()]).to.deep.equal([200, { ready: true, lagMs: 7 }]);
  });

  it('serves the metrics as Prometheus text', async () => {
    await using open = await openPort({ ready: true, details: {} });
    open.counter.inc(3);
    const answer = await fetch(`${open.at}/metrics`);
    expect(answer.headers.get('content-type')).to.match(/^text\/plain/);
    expect(await answer.text()).to.contain('muster_tests_total 3');
  });

  it('answers 404 for any other path', async () => {
    await using open = await openPort({ ready: true, details: {} });
    for (const path of ['/', '/livez/x', '/../etc/passwd', '/__proto__'])
      expect((await fetch(`${open.at}${path}`)).status, path).to.equal(404);
  });

  it('closes the connection when the details fail, and continues to serve', async () => {
    const health = {
      ready: true,
      get details(): object {
        throw new Error('no idea');
      },
    };
    await using open = await openPort(health);
    expect(await fetch(`${open.at}/readyz`).catch(() => 'hung up')).to.equal('hung up');
    expect((await fetch(`${open.at}/livez`)).status).to.equal(200);
  });

  it('does not open on a port that is in use', async () => {
    await using open = await openPort({ ready: true, details: {} });
    const failure = await openHealthPort(host, open.port, new Registry(), () => ({ ready: true, details: {} })).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(failure).to.equal('EADDRINUSE');
  });

  it('closes at once, even with an idle connection', async () => {
    const open = await openPort({ ready: true, details: {} });
    const idle = connect({ host, port: open.port }).on('error', () => undefined);
    await new Promise((resolve) => idle.once('connect', resolve));
    const closed = new Promise((resolve) => idle.once('close', resolve));
    await open[Symbol.asyncDispose]();
    await closed;
    expect(await fetch(`${open.at}/livez`).catch(() => 'refused')).to.equal('refused');
  });
});

const openPort = async (health: Health) => {
  const registry = new Registry();
  const counter = new Counter({ name: 'muster_tests_total', help: 'Tests', registers: [registry] });
  const port = await openHealthPort(host, 0, registry, () => health);
  return { ...port, at: `http://${host}:${port.port}`, counter };
};
