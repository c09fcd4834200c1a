import { addSite, type Log, listSites, loadState, logIdOf, type SiteDocument } from '@muster/store';
import {
  addEvents,
  at,
  bookmarkOf,
  cutHeld,
  type FakeSite,
  feedRequestsOf,
  openFakeSite,
  openTestDatabase,
  storedEvents,
  tellHeld,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import { followSite } from './follow-site.ts';
import { type Follower, openSite, type Site } from './follower.ts';
import { openFollowerOn, openTestFollower, pile } from './test-follower.ts';

const deadlineMs = 5_000;
const thing = (subject: string, version = 1, words: readonly string[] = [`${version}`]) => ({
  ...{ subject, version, fields: { words } },
});

/** A site that is followed by a test. */
type Following = { follower: Follower; site: Site; ended: Promise<void> };

describe('A site that is followed', function () {
  this.timeout(60_000);
  let test: Awaited<ReturnType<typeof openTestFollower>>;
  let log: Log;
  let fake: FakeSite;
  const followed: Following[] = [];
  const hindered: (() => void)[] = [];

  beforeEach(async () => {
    test = await openTestFollower(await openTestDatabase());
    ({ log } = test);
    fake = await openFakeSite();
    await addSite(log, fake.url, at(1), deadlineMs);
  });
  afterEach(async () => {
    for (const { site } of followed) site.over.abort();
    for (const release of hindered.splice(0)) release();
    for (const { ended } of followed.splice(0)) await ended;
    await fake[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  /** Follows the site as it is stored, as a follower does after a start. */
  const follow = async (environment: Record<string, string> = {}): Promise<Following> => {
    const follower = openFollowerOn(log, environment);
    const site = openSite(await stored(), logIdOf(log), undefined);
    const following = { follower, site, ended: followSite(follower, site) };
    followed.push(following);
    return following;
  };
  const stored = async (): Promise<SiteDocument> => {
    const [document] = await listSites(log, deadlineMs);
    if (!document) throw new Error('the site is not in the list');
    return document;
  };
  const isHeld = () => fake.held.size === 1;
  const wordsOf = async (id: string) => {
    const { state } = await loadState(log, pile, id, deadlineMs);
    return state.status === 'active' ? state.fields.words : state.status;
  };
  const untilWords = (id: string, ...words: string[]) =>
    until(`"${id}" has ${words}`, async () => JSON.stringify(await wordsOf(id)) === JSON.stringify(words));
  const untilPosition = (position: string) =>
    until(`the position ${position} is stored`, async () => (await stored()).position === position);
  /** Lets a thing not be adopted, as with a database that is slow, until the returned function is called. */
  const hinder = ({ working }: Follower, id: string) => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    working.set(`pile:${id}`, gate);
    const release = () => {
      working.delete(`pile:${id}`);
      open();
    };
    hindered.push(release);
    return release;
  };

  it('is read from its first event until now, and then held open for what comes', async () => {
    addEvents(fake, thing('a'), thing('b'), thing('a', 2, ['1', '2']));
    const { site } = await follow();
    await until('it is held open', isHeld);
    expect([await wordsOf('a'), await wordsOf('b')]).to.deep.equal([['1', '2'], ['1']]);
    expect(site).to.deep.include({ name: 'lima', phase: 'holding', problem: undefined, isCurrent: true, events: 3 });
    addEvents(fake, thing('c'), thing('a', 3, ['3']));
    await untilWords('a', '1', '2', '3');
    await untilPosition('m.5');
    expect(await stored()).to.deep.include({ name: 'lima', events: 5, refused: 0, problem: null });
    expect(feedRequestsOf(fake)).to.deep.equal(['now start', 'hold m.3']);
  });

  it('is read behind the stored position after a restart, and not again from its first event', async () => {
    addEvents(fake, thing('a'), thing('b'));
    const first = await follow();
    await until('it is held open', isHeld);
    first.site.over.abort();
    await first.ended;
    await until('the connection is closed', () => fake.server.open.size === 0);
    addEvents(fake, thing('c'));
    const { site } = await follow();
    await untilWords('c', '1');
    await untilPosition('m.3');
    expect(feedRequestsOf(fake).slice(2)).to.include('now m.2').and.not.include('now start');
    expect([site.events, (await storedEvents(log)).length]).to.deep.equal([3, 3]);
  });

  it('has a stored position that is never before what was adopted', async () => {
    addEvents(fake, thing('a'));
    const { follower, site, ended } = await follow();
    await until('it is held open', isHeld);
    const release = hinder(follower, 'b');
    addEvents(fake, thing('b'), thing('c'), thing('d'));
    tellHeld(fake, bookmarkOf('m.4'));
    await until('they came', () => !site.isCurrent);
    expect(await stored()).to.deep.include({ position: 'm.1', events: 1 });
    site.over.abort(); // the follower stops, or is killed
    release();
    await ended;
    expect((await stored()).position).to.equal('m.1');
    await follow();
    await untilWords('b', '1');
    await untilWords('d', '1');
    await untilPosition('m.4');
  });

  it('is read from its first event when its position is lost, and gives each state once', async () => {
    addEvents(fake, thing('a'), thing('b'));
    const { site } = await follow();
    await until('it is held open', isHeld);
    fake.mark = 'n'; // its log was replaced
    addEvents(fake, thing('c'));
    fake.events = [thing('a'), thing('d')];
    cutHeld(fake);
    await untilWords('d', '1');
    await until('it is held open', isHeld);
    await untilPosition('n.2');
    expect(feedRequestsOf(fake)).to.include.members(['now m.2', 'now start']);
    expect(await storedEvents(log, 'a')).to.have.length(1);
    expect(site.events).to.equal(2);
  });

  it('goes on behind a bookmark when its connection breaks, however long no event came', async () => {
    addEvents(fake, thing('a'));
    await follow();
    await until('it is held open', isHeld);
    addEvents(fake, thing('x', 1), { ...thing('y'), entity: 'other' });
    await untilPosition('m.3');
    tellHeld(fake, bookmarkOf('m.9')); // many events of entities that are not shared
    fake.events.push(...Array.from({ length: 6 }, (_, index) => thing(`z${index}`)));
    for (const response of fake.held) response.end();
    await until('it is held open again', () => feedRequestsOf(fake).length >= 4);
    expect(feedRequestsOf(fake).slice(2)).to.deep.equal(['now m.9', 'hold m.9']);
  });

  it('that is away is tried again and again, with longer pauses, and the list says why', async () => {
    fake.isAway = true;
    const { site } = await follow();
    await until('it was tried three times', () => fake.server.requests.length >= 3, 20_000);
    await until('it is failing', () => site.phase === 'failing');
    expect(site.isCurrent).to.equal(false);
    const { problem, readAt } = await stored();
    expect(problem).to.match(/answered 503: .*the site is away/);
    expect(readAt, 'a try that failed is no reading').to.equal(undefined);
    addEvents(fake, thing('a'));
    fake.isAway = false;
    await untilWords('a', '1');
    await until('the list has no problem', async () => (await stored()).problem === null);
    expect((await stored()).readAt).to.be.a('date');
  });

  it('whose connection breaks now and then is asked again soon, each time', async () => {
    const random = Math.random;
    Math.random = () => 0; // the pauses are as short as they can be: 0.5 s after the first failure
    try {
      const { site } = await follow();
      for (let breaks = 0; breaks < 3; breaks += 1) {
        await until('it is held open', isHeld);
        const heldAt = performance.now();
        await until('it lasts for a while', () => performance.now() - heldAt > 2_200);
        const brokenAt = performance.now();
        cutHeld(fake);
        await until('it is failing', () => site.phase === 'failing');
        await until('it is asked again', () => site.phase !== 'failing');
        expect(performance.now() - brokenAt, `after break ${breaks}`).to.be.below(1_200);
      }
    } finally {
      Math.random = random;
    }
  });

  it('whose connection breaks at once, each time, is asked less and less often', async () => {
    const { site } = await follow();
    const cutting = setInterval(() => cutHeld(fake), 5);
    try {
      const times: number[] = [];
      for (let breaks = 0; breaks < 4; breaks += 1) {
        await until('it is failing', () => site.phase === 'failing');
        times.push(performance.now());
        await until('it is asked again', () => site.phase !== 'failing', 20_000);
      }
      expect((times[3] ?? 0) - (times[2] ?? 0)).to.be.above(1_500);
    } finally {
      clearInterval(cutting);
    }
  });

  it('whose feed stays silent is asked now and then instead, and held open again later', async () => {
    fake.isSilent = true;
    const { site } = await follow({ FOLLOW_SILENT_MS: '300', FOLLOW_POLL_MS: '100' });
    addEvents(fake, thing('a'));
    await until('it is polled', () => site.phase === 'pausing');
    const count = () => feedRequestsOf(fake).filter((request) => request.startsWith('hold')).length;
    expect(count(), 'one silence may be an accident').to.equal(2);
    addEvents(fake, thing('b'));
    await untilWords('b', '1');
    const before = fake.server.requests.length;
    await until('it is asked a few times', () => fake.server.requests.length > before + 6);
    expect(count()).to.equal(2);
    expect(site).to.deep.include({ problem: undefined, isCurrent: true });
    fake.isSilent = false;
    fake.held.clear();
    site.pollUntil = 0; // its time is over
    await until('it is held open', isHeld);
    addEvents(fake, thing('c'));
    await untilWords('c', '1');
    expect(site.phase).to.equal('holding');
  });

  it('is never held open with FOLLOW=poll, and always with FOLLOW=hold', async () => {
    addEvents(fake, thing('a'));
    const polling = await follow({ FOLLOW: 'poll', FOLLOW_POLL_MS: '100' });
    await untilWords('a', '1');
    addEvents(fake, thing('b'));
    await untilWords('b', '1');
    expect(feedRequestsOf(fake).filter((request) => request.startsWith('hold'))).to.deep.equal([]);
    polling.site.over.abort();
    await polling.ended;
    fake.isSilent = true;
    await follow({ FOLLOW: 'hold', FOLLOW_SILENT_MS: '200' });
    const isAgain = () => feedRequestsOf(fake).filter((request) => request.startsWith('hold')).length >= 4;
    await until('it is held open again and again', isAgain);
  });

  it('is not read further than a slow database allows, and loses nothing by that', async () => {
    const text = 'x'.repeat(4_096);
    addEvents(fake, ...Array.from({ length: 8_000 }, (_, index) => thing(`t${index % 50}`, index + 1, [text])));
    const following = openFollowerOn(log);
    const release = hinder(following, 't0');
    const site = openSite(await stored(), logIdOf(log), undefined);
    followed.push({ follower: following, site, ended: followSite(following, site) });
    const waiting = () => [...fake.server.open].reduce((sum, response) => sum + response.writableLength, 0);
    const seen = { bytes: -1, since: 0 };
    await until('nothing moves any more', () => {
      if (waiting() !== seen.bytes || site.phase !== 'reading')
        Object.assign(seen, { bytes: waiting(), since: performance.now() });
      return performance.now() - seen.since > 1_000;
    });
    expect(waiting(), 'the site keeps what does not fit').to.be.above(5_000_000);
    expect(await storedEvents(log, 't0')).to.deep.equal([]);
    release();
    await until('all was read', () => site.events === 8_000, 30_000);
    expect(await storedEvents(log)).to.have.length(50);
  });

  it('that refuses, has no name, has the name of this one, or shares nothing with it has a clear problem', async () => {
    const { site } = await follow();
    await until('it is held open', isHeld);
    const problemIs = async (pattern: RegExp) => {
      cutHeld(fake);
      await until(String(pattern), async () => pattern.test((await stored()).problem ?? ''), 30_000);
      expect(site.isCurrent).to.equal(false);
    };
    fake.site = '';
    await problemIs(/^the Muster at http\S+ has no name: set SITE of its gateways$/);
    fake.site = 'oslo';
    await problemIs(/^the Muster at http\S+ has the name "oslo", as this one: give each site its own SITE$/);
    fake.site = 'lima';
    fake.entities = ['user'];
    await problemIs(/ shares user, and this one pile, heap$/);
    fake.entities = [];
    await problemIs(/ shares nothing, and this one pile, heap$/);
  });

  it('counts what cannot be adopted, and goes on', async () => {
    addEvents(fake, thing('a'), { subject: 'b', version: 2, fields: null }, thing('no id'), thing('c'));
    await follow();
    await until('it is held open', isHeld);
    expect(await stored()).to.deep.include({ events: 4, adopted: 2, refused: 2, problem: null });
    expect([await wordsOf('a'), await wordsOf('c')]).to.deep.equal([['1'], ['1']]);
  });

  it('is left at once when it is no longer followed, wherever it is', async () => {
    for (const phase of ['holding', 'failing', 'pausing'] as const) {
      fake.isAway = phase === 'failing';
      const { site, ended } = await follow(phase === 'pausing' ? { FOLLOW: 'poll', FOLLOW_POLL_MS: '60000' } : {});
      await until(`it is ${phase}`, () => site.phase === phase);
      const abortedAt = performance.now();
      site.over.abort();
      await ended;
      expect(performance.now() - abortedAt, phase).to.be.below(1_000);
      await until('it has no connection', () => fake.server.open.size === 0);
    }
  });
});
