import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { findFreePort } from '@muster/embedded';
import { addEvents, openFakeSite } from '@muster/testing';
import { expect } from 'chai';
import { compareSites } from './compare-sites.ts';

const compare = async (urls: readonly string[], waitSeconds = 0) => {
  const lines: string[] = [];
  const print = (text: string) => void lines.push(text);
  const startedAt = performance.now();
  const code = await compareSites({}, { urls, waitSeconds }, print, new AbortController().signal);
  return { code, text: lines.join('\n'), seconds: (performance.now() - startedAt) / 1_000 };
};

/** Opens a server that takes connections and says nothing, as a process that is halted. */
const openHalted = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
};

describe('The comparison of sites', () => {
  it('finds sites with the same things equal', async () => {
    await using lima = await openFakeSite('lima');
    await using kyiv = await openFakeSite('kyiv');
    for (const site of [lima, kyiv]) addEvents(site, { subject: 'a', version: 1, fields: { n: 1 } });
    expect(await compare([lima.url, kyiv.url])).to.include({
      ...{ code: 0, text: 'All sites are equal: lima (1 things), kyiv (1 things)' },
    });
  });

  it('names the site that refuses connections, and the cause', async () => {
    await using lima = await openFakeSite('lima');
    const port = await findFreePort('127.0.0.1');
    const { code, text } = await compare([lima.url, `http://127.0.0.1:${port}`]);
    expect([code, text]).to.deep.equal([
      ...[
        2,
        `Cannot compare the sites: http://127.0.0.1:${port} does not answer: connect ECONNREFUSED 127.0.0.1:${port}`,
      ],
    ]);
  });

  it('names the site that is silent, and does not wait for it longer than it was told', async () => {
    await using lima = await openFakeSite('lima');
    await using halted = await openHalted();
    const { code, text, seconds } = await compare([lima.url, halted.url], 1);
    expect([code, text]).to.deep.equal([2, `Cannot compare the sites: ${halted.url} does not answer within 1 s`]);
    expect(seconds).to.be.lessThan(5);
  });

  it('names the site that says why it does not answer, once', async () => {
    await using lima = await openFakeSite('lima');
    await using kyiv = await openFakeSite('kyiv');
    kyiv.isAway = true;
    const { code, text } = await compare([lima.url, kyiv.url]);
    expect(code).to.equal(2);
    expect(text).to.include(`Cannot compare the sites: GET ${kyiv.url}/api/events/site answered 503: `);
  });

  it('refuses one address twice', async () => {
    const { code, text } = await compare(['http://127.0.0.1:1', 'http://127.0.0.1:1/']);
    expect([code, text]).to.deep.equal([
      ...[2, 'Cannot compare the sites: http://127.0.0.1:1 is given twice: give each site once'],
    ]);
  });

  it('refuses two addresses of one site', async () => {
    await using lima = await openFakeSite('lima');
    const other = lima.url.replace('127.0.0.1', 'localhost');
    const { code, text } = await compare([lima.url, other]);
    expect([code, text]).to.deep.equal([
      ...[2, `Cannot compare the sites: ${lima.url} and ${other} are the same site, lima: give each site once`],
    ]);
  });
});
