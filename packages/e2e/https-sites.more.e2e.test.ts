import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeSite, openSite, startFollower, startSite, stopFollower, type TestSite } from '@muster/chaos';
import { removeSite } from '@muster/store';
import { call, eventually } from '@muster/testing';
import { expect } from 'chai';
import { runMuster } from './run-muster.ts';
import { type About, type Certificate, makeCertificate, openTlsProxy, type TlsProxy } from './tls-proxy.ts';

const dayMs = 86_400_000;
const writeScope = ['--name', 'writer', '--scope', 'write'];
const siteScope = ['--name', 'oslo', '--scope', 'site'];

describe('Sites that follow each other over https', function () {
  this.timeout(180_000);

  let [oslo, lima] = [] as unknown as [TestSite, TestSite];
  let [writeKey, siteKey, trustPath] = ['', '', ''];
  const proxies: TlsProxy[] = [];
  const trusted: Certificate[] = [];
  before(async () => {
    oslo = await openSite('oslo');
    lima = await openSite('lima', { AUTH: 'on' });
    await Promise.all([oslo, lima].map(startSite));
    [writeKey, siteKey] = (await Promise.all([writeScope, siteScope].map(createKey))) as [string, string];
    trustPath = join(oslo.folder.path, 'trusted.pem');
  });
  afterEach(async () => {
    await stopFollower(oslo);
    for (const url of oslo.follows) if (oslo.test) await removeSite(oslo.test.log, url, 5_000);
    for (const proxy of proxies.splice(0)) await proxy[Symbol.asyncDispose]();
    trusted.splice(0);
  });
  after(() => Promise.all([oslo, lima].map(closeSite)));

  const createKey = async (words: readonly string[]): Promise<string> => {
    const { output } = await runMuster(['keys', 'create', ...words], { MONGODB_URI: lima.test?.system.mongodbUri });
    return output.split('\n')[0] ?? '';
  };
  /** Opens a proxy with a certificate of its own in front of the gateway of lima. */
  const openProxy = async (about: About = {}): Promise<TlsProxy> => {
    const certificate = await makeCertificate(about);
    const proxy = await openTlsProxy(Number(new URL(lima.test?.url ?? '').port), certificate);
    proxies.push(proxy);
    trusted.push(certificate);
    return proxy;
  };
  /** Starts the follower of oslo, which has the key of lima. It follows lima by these proxies. */
  const follow = (environment: Record<string, string> = {}) => {
    const others = proxies.map(({ url }) => ({ ...lima, url }));
    const { NODE_EXTRA_CA_CERTS: _, ...kept } = oslo.environment;
    oslo.environment = { ...kept, SITE_KEYS: siteKey, ...environment };
    return startFollower(oslo, others);
  };
  const trustAll = async () => {
    await writeFile(trustPath, trusted.map(({ cert }) => cert).join('\n'));
    return { NODE_EXTRA_CA_CERTS: trustPath };
  };
  const siteInHealth = async ({ url }: TlsProxy) => {
    const { body } = await call(`http://127.0.0.1:${oslo.follower?.healthPort}`, 'GET', '/readyz');
    return body.sites[url];
  };
  const untilInHealth = (proxy: TlsProxy, holds: (site: { phase: string; problem?: string }) => boolean) =>
    eventually(
      () => siteInHealth(proxy),
      (site) => site !== undefined && holds(site),
      30_000,
    );
  const listed = () => runMuster(['sites', 'list'], { MONGODB_URI: oslo.test?.system.mongodbUri });
  const write = async (name: string) => {
    const body = { name, author: 'ada', timestamp: 1 };
    const headers = { authorization: `Bearer ${writeKey}` };
    await eventually(
      () => call(lima.test?.url ?? '', 'POST', '/update', { body, headers }),
      ({ status }) => status === 200,
    );
  };
  const untilAdopted = (name: string) =>
    eventually(
      () => call(oslo.test?.url ?? '', 'GET', `/api/record/${name}`),
      ({ status }) => status === 200,
      30_000,
    );
  const compare = (environment: NodeJS.ProcessEnv = {}) =>
    runMuster(['verify', '--sites', `${oslo.url},${proxies[0]?.url}`], { SITE_KEYS: siteKey, ...environment });

  it('do not follow a certificate that is not trusted, say what to do, and go on once it is trusted', async () => {
    const proxy = await openProxy();
    await write('before');
    const refusing = await follow();
    const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
    const problem = `The certificate of ${proxy.url} is refused (${code}): self-signed certificate. `;
    const { problem: shown } = await untilInHealth(proxy, ({ phase }) => phase === 'failing');
    expect(shown).to.include(problem).and.include('NODE_EXTRA_CA_CERTS=FILE');
    const list = await eventually(listed, ({ output }) => output.includes('NODE_EXTRA_CA_CERTS=FILE'));
    expect(list.output).to.include(problem);
    const compared = await compare();
    expect([compared.code, compared.output.startsWith(`Cannot compare the sites: ${problem}`)], compared.output).to.eql(
      [2, true],
    );
    const log = refusing.lines.join('\n');
    expect(log).to.include('A site cannot be followed now, trying again').and.include(problem);
    for (const text of [log, list.output, compared.output]) expect(text).to.not.include(siteKey);
    expect(proxy.tried, 'it was tried').to.be.greaterThan(1);
    expect(proxy.sent, 'inside of TLS').to.equal('');
    expect((await call(oslo.test?.url ?? '', 'GET', '/api/record/before')).status).to.equal(404);
    await stopFollower(oslo);

    const environment = await trustAll();
    const following = await follow(environment);
    await untilAdopted('before');
    await untilInHealth(proxy, ({ phase }) => phase === 'holding');
    await write('live');
    await untilAdopted('live');
    expect(await siteInHealth(proxy))
      .to.include({ name: 'lima', phase: 'holding' })
      .and.not.have.property('problem');
    expect(proxy.sent).to.match(new RegExp(`^authorization: Bearer ${siteKey}\r$`, 'im'));
    expect(proxy.sent).to.match(/^GET \/api\/events\?state=full HTTP/m);
    const agreed = await compare(environment);
    expect(agreed.code, agreed.output).to.equal(0);
    expect(following.lines.join('\n')).to.not.include(siteKey);
  });

  it('do not follow a certificate that has expired, or is for another name, though it is trusted', async () => {
    const expired = await openProxy({ from: new Date(Date.now() - 2 * dayMs), until: new Date(Date.now() - dayMs) });
    const foreign = await openProxy({ ip: '192.0.2.1' });
    const good = await openProxy();
    await write('by-the-good-one');
    const { lines } = await follow(await trustAll());
    await untilInHealth(good, ({ phase }) => phase === 'holding');
    await untilAdopted('by-the-good-one');
    for (const proxy of [expired, foreign]) await untilInHealth(proxy, ({ phase }) => phase === 'failing');
    const refusals = [
      `The certificate of ${expired.url} is refused (CERT_HAS_EXPIRED): certificate has expired. Renew it at that site`,
      `The certificate of ${foreign.url} is refused (ERR_TLS_CERT_ALTNAME_INVALID): Hostname/IP does not match`,
    ];
    const { output } = await eventually(listed, (one) => refusals.every((refusal) => one.output.includes(refusal)));
    const log = lines.join('\n');
    for (const refusal of refusals) expect(log).to.include(refusal);
    for (const text of [log, output]) expect(text).to.not.include(siteKey);
    expect(expired.sent + foreign.sent, 'inside of TLS').to.equal('');
    expect([expired.tried > 0, foreign.tried > 0, good.sent !== '']).to.deep.equal([true, true, true]);
  });

  it('say so when no TLS is behind an https address', async () => {
    const plain = { ...lima, url: `https://127.0.0.1:${new URL(lima.test?.url ?? '').port}` };
    await startFollower(oslo, [plain]);
    const { output } = await eventually(listed, (one) => one.output.includes('TLS with'), 30_000);
    expect(output).to.match(/TLS with https:\S+ fails \(ERR_SSL_\w+\)\. Does a server with TLS listen there\?/);
  });
});
