import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addSite, type Log, listSites, openLog, removeSite, rereadSite } from '@muster/store';
import {
  addEvents,
  bookmarkOf,
  cutHeld,
  type FakeSite,
  feedRequestsOf,
  openFakeSite,
  openTestDatabase,
  openTestFolder,
  storedEvents,
  type TestDatabase,
  tellHeld,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import { runFollower } from './run-follower.ts';
import { entities, secret } from './test-follower.ts';

const deadlineMs = 5_000;
const thing = (subject: string) => ({ subject, version: 1, fields: { words: ['a'] } });

describe('A follower', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let log: Log;
  let lima: FakeSite;
  let stop: AbortController;
  let ended: Promise<number>;

  const environmentOf = (more: Record<string, string> = {}) => ({
    ...{ MONGODB_URI: database.uri, DATABASE: database.database, SITE: 'oslo', LOG_LEVEL: 'silent', PARTITIONS: '4' },
    ...{ SITES: lima.url, FOLLOW_POLL_MS: '100', ...more },
  });
  const start = (more: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      stop = new AbortController();
      ended = runFollower(entities, environmentOf(more), stop.signal, resolve);
      ended.catch(reject);
    });
  beforeEach(async () => {
    database = await openTestDatabase();
    log = openLog({ uri: database.uri, database: database.database, appName: 'test' });
    lima = await openFakeSite('lima');
    stop = new AbortController();
    ended = Promise.resolve(0);
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    await lima[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  const stored = async () => (await listSites(log, deadlineMs))[0];
  const storedAt = async (url: string) => (await listSites(log, deadlineMs)).find(({ _id }) => _id === url);
  const isHeld = () => lima.held.size === 1;
  const startsOf = () => feedRequestsOf(lima).filter((request) => request === 'now start').length;

  it('follows the sites of its setting, shows them in its health, and ends in order', async () => {
    addEvents(lima, thing('a'));
    const healthPort = await start();
    await until('it is held open', isHeld);
    const shown = await until('the health shows it', async () => {
      const body = await (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).json();
      return JSON.stringify(body).includes('"holding"') && JSON.stringify(body);
    });
    expect(shown).to.contain(lima.url).and.contain('"oslo"').and.contain('"lima"');
    stop.abort();
    expect(await ended).to.equal(0);
    await until('it has no connection', () => lima.server.open.size === 0);
    expect(await storedEvents(log)).to.have.length(1);
  });

  it('leaves a site that is removed from the list, and does not add it again while it runs', async () => {
    await start();
    await until('it is held open', isHeld);
    await removeSite(log, lima.url, deadlineMs);
    await until('it is left', () => lima.server.open.size === 0);
    const requests = lima.server.requests.length;
    addEvents(lima, thing('a'));
    const since = performance.now();
    await until('the list was looked at again', () => performance.now() - since > 2_500);
    expect([lima.server.requests.length, await listSites(log, deadlineMs)]).to.deep.equal([requests, []]);
  });

  it('reads a site from its first event when it is told so, even while events come', async () => {
    addEvents(lima, thing('a'));
    await start();
    await until('it is held open', isHeld);
    let [count, isOver] = [0, false];
    const writing = (async () => {
      while (!isOver) {
        count += 1;
        addEvents(lima, thing(`x${count}`));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    try {
      for (const times of [2, 3]) {
        await until('it was read for a while', async () => ((await stored())?.events ?? 0) > 5);
        expect(await rereadSite(log, lima.url, deadlineMs)).to.equal(true);
        await until('it is read again', () => startsOf() === times);
      }
    } finally {
      isOver = true;
      await writing;
    }
    await until('all was read', async () => (await stored())?.events === lima.events.length);
    expect(await storedEvents(log)).to.have.length(lima.events.length);
  });

  it('goes on behind the stored position after it was started again', async () => {
    addEvents(lima, thing('a'), thing('b'));
    await start();
    await until('it is held open', isHeld);
    stop.abort();
    await ended;
    addEvents(lima, thing('c'));
    await start();
    await until('all was read', async () => (await stored())?.position === 'm.3');
    expect(startsOf()).to.equal(1);
  });

  it('notes the last bookmark of a site now and then, though no event came', async () => {
    addEvents(lima, thing('a'));
    await start();
    await until('it is held open', isHeld);
    tellHeld(lima, bookmarkOf('m.7'));
    await until('the bookmark is noted', async () => (await stored())?.position === 'm.7', 20_000);
    expect((await stored())?.events).to.equal(1);
  });

  it('uses keys that are put into the file while it runs, for a new site and for one that it follows', async () => {
    await using folder = await openTestFolder();
    await using kyiv = await openFakeSite('kyiv');
    const path = join(folder.path, 'keys');
    [lima.key, kyiv.key] = ['lima-1', 'kyiv-1'];
    addEvents(lima, thing('a'));
    await writeFile(path, `${lima.url}=lima-1\n`);
    await start({ SITE_KEYS_FILE: path });
    await until('lima is held open', isHeld);
    await addSite(log, kyiv.url, new Date(), deadlineMs);
    await until('kyiv refuses it', async () => /answered 401/.test((await storedAt(kyiv.url))?.problem ?? ''));
    await writeFile(path, `${lima.url}=lima-1\n${kyiv.url}=kyiv-1\n`);
    await until('kyiv is held open', () => kyiv.held.size === 1, 30_000);

    lima.key = 'lima-2';
    await writeFile(path, `${lima.url}=\n`); // as somebody writes it
    const before = feedRequestsOf(kyiv).length;
    cutHeld(kyiv);
    const isHeldAgain = () => kyiv.held.size === 1 && feedRequestsOf(kyiv).length > before;
    await until('kyiv is held open with its earlier key', isHeldAgain, 30_000);
    cutHeld(lima);
    await until('lima refuses it', async () => /answered 401/.test((await storedAt(lima.url))?.problem ?? ''));
    addEvents(lima, thing('b'));
    await writeFile(path, `${lima.url}=lima-2\n${kyiv.url}=kyiv-1\n`);
    await until('lima was read with its new key', async () => (await storedAt(lima.url))?.position === 'm.2', 30_000);
    await until('it has no problem', async () => (await storedAt(lima.url))?.problem === null);
  });

  it('does not read a second site of the same name, until it has another one', async () => {
    await using copy = await openFakeSite('lima');
    addEvents(lima, thing('a'));
    addEvents(copy, thing('b'));
    const healthPort = await start();
    await until('the first one is held open', isHeld);
    await addSite(log, copy.url, new Date(), deadlineMs);
    const problem = `the Muster at ${copy.url} has the name "lima", as the one at ${lima.url}, which was added before`;
    await until('the list says so', async () => (await storedAt(copy.url))?.problem?.startsWith(problem));
    const health = await (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).text();
    expect(health).to.contain('give each site its own SITE');
    expect(await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text())
      .to.contain(`muster_site_connected{site="${copy.url}",process="follower"} 0`)
      .and.contain(`muster_site_connected{site="${lima.url}",process="follower"} 1`);
    expect(feedRequestsOf(copy)).to.deep.equal([]);

    lima.isAway = true; // it keeps its name
    cutHeld(lima);
    const asked = copy.server.requests.length;
    await until('the second one is asked again', () => copy.server.requests.length > asked, 30_000);
    expect(feedRequestsOf(copy)).to.deep.equal([]);
    copy.site = 'kyiv';
    await until('it is held open under its own name', () => copy.held.size === 1, 40_000);
    expect(await storedAt(copy.url)).to.deep.include({ name: 'kyiv', problem: null, position: 'm.1' });
  });

  it('leaves a second site of the same name also if it was the first one that answered', async () => {
    await using copy = await openFakeSite('lima');
    lima.isAway = true;
    await start({ SITES: '' });
    await addSite(log, lima.url, new Date(1), deadlineMs);
    await addSite(log, copy.url, new Date(2), deadlineMs);
    await until('the second one is held open', () => copy.held.size === 1);
    lima.isAway = false;
    await until('the first one is held open', isHeld, 30_000);
    await until('the second one is left', () => copy.held.size === 0);
    await until('the list says why', async () => /as the one at/.test((await storedAt(copy.url))?.problem ?? ''));
    await removeSite(log, lima.url, deadlineMs);
    await until('it is held open in place of the first one', () => copy.held.size === 1, 40_000);
  });

  it('does not start with wrong settings, or with nothing that is shared', async () => {
    const { error } = console;
    const said: unknown[] = [];
    console.error = (...words) => said.push(...words);
    try {
      const { signal } = new AbortController();
      expect(await runFollower(entities, environmentOf({ SITE: '' }), signal, () => undefined)).to.equal(2);
      expect(await runFollower([secret], environmentOf(), signal, () => undefined)).to.equal(2);
    } finally {
      console.error = error;
    }
    expect(said.join('\n')).to.contain('"SITE" is required').and.contain('no entity has a merge');
  });
});
