import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  closeSite,
  copyData,
  cutLink,
  healLink,
  openSite,
  startFollower,
  startSite,
  stopFollower,
  stopSite,
  type TestSite,
} from '@muster/chaos';
import { partitionOf } from '@muster/placement';
import { append, openAppendQueue, readStream } from '@muster/store';
import { call, eventually, forAll, openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { runMuster } from './run-muster.ts';

const jsonApi = { 'content-type': 'application/vnd.api+json' };

const createAsset = (site: TestSite, id: string, name: string) =>
  call(urlOf(site), 'POST', '/api/v1/assets', {
    raw: JSON.stringify({ data: { type: 'assets', id, attributes: { name } } }),
    headers: jsonApi,
  });
const update = (site: TestSite, name: string, author: string, timestamp: number) =>
  call(urlOf(site), 'POST', '/update', { body: { name, author, timestamp } });
const urlOf = ({ name, test }: TestSite): string => {
  if (!test) throw new Error(`The site ${name} does not run`);
  return test.url;
};

/** What clients see at a site of these things. */
const shownAt = async (site: TestSite, paths: readonly string[]): Promise<unknown[]> =>
  forAll(paths, 16, async (path) => {
    const { status, body } = await call(urlOf(site), 'GET', path);
    return [status, body?.data?.attributes ?? body?.entries ?? body?.errors?.[0]?.code ?? body?.type];
  });

/** Waits until all sites show the same at these addresses. Returns what that is. */
const untilEqual = async (sites: readonly TestSite[], paths: readonly string[], withinMs = 60_000) => {
  const all = () => Promise.all(sites.map((site) => shownAt(site, paths)));
  const isEqual = (shown: unknown[][]) => new Set(shown.map((one) => JSON.stringify(one))).size === 1;
  const shown = await eventually(all, isEqual, withinMs).catch((error: Error) => {
    throw new Error(`${error.message}\n${sites.map(lastLinesOf).join('\n')}`);
  });
  return shown[0] as [number, unknown][];
};

/** What the follower of a site wrote last. */
const lastLinesOf = ({ name, follower }: TestSite): string =>
  `${name}: ${follower?.lines.slice(-8).join('\n') ?? 'no follower'}`;

const authorsOf = (shown: [number, unknown] | undefined) =>
  (shown?.[1] as { author: string }[] | undefined)?.map(({ author }) => author);

const followAll = (sites: readonly TestSite[]) =>
  Promise.all(
    sites.map((site) =>
      startFollower(
        site,
        sites.filter((other) => other !== site),
      ),
    ),
  );

const compare = (sites: readonly TestSite[], environment: NodeJS.ProcessEnv = {}) =>
  runMuster(['verify', '--sites', sites.map(({ url }) => url).join(','), '--wait', '30'], environment);

describe('Sites that follow each other', function () {
  this.timeout(300_000);

  const sites: TestSite[] = [];
  let [oslo, lima, kyiv] = [] as unknown as [TestSite, TestSite, TestSite];
  before(async () => {
    for (const name of ['oslo', 'lima', 'kyiv']) sites.push(await openSite(name));
    [oslo, lima, kyiv] = sites as [TestSite, TestSite, TestSite];
    await Promise.all(sites.map(startSite));
    await followAll(sites);
  });
  after(() => Promise.all(sites.map(closeSite)));

  it('have what each of them wrote, with its origin in the events, and send each other nothing more', async () => {
    await createAsset(oslo, 'pump', 'Pump');
    await update(lima, 'marketing', 'ada', 5);
    await update(kyiv, 'marketing', 'bob', 7);
    const [pump, marketing] = await untilEqual(sites, ['/api/v1/assets/pump', '/api/record/marketing']);
    expect(pump?.[1]).to.deep.include({ name: 'Pump', deleted: false, site: 'oslo' });
    expect(marketing?.[1]).to.deep.equal([
      { author: 'ada', timestamp: 5 },
      { author: 'bob', timestamp: 7 },
    ]);
    const [stored] = await eventsOf(kyiv, 'asset', 'pump');
    expect(stored?.type).to.equal('AssetAdopted');
    expect(stored?.meta.origin).to.deep.include({ version: 1 });
    expect(['oslo', 'lima']).to.include(stored?.meta.origin?.site);
    const before = await Promise.all(sites.map((site) => countEvents(site)));
    await update(oslo, 'later', 'cy', 1);
    await untilEqual(sites, ['/api/record/later']);
    const after = await Promise.all(sites.map((site) => countEvents(site)));
    expect(after.map((count, index) => count - (before[index] ?? 0))).to.deep.equal([1, 1, 1]);
  });

  it('agree on the asset that was created first, when two create the same one at once', async () => {
    const ids = Array.from({ length: 20 }, () => randomUUID());
    for (const id of ids) await Promise.all([createAsset(oslo, id, 'from oslo'), createAsset(lima, id, 'from lima')]);
    const paths = ids.map((id) => `/api/v1/assets/${id}`);
    const shown = await untilEqual(sites, paths);
    for (const [index, [status, asset]] of shown.entries()) {
      expect(status).to.equal(200);
      const created = await Promise.all([oslo, lima].map((site) => firstCreated(site, ids[index] ?? '')));
      expect(Object(asset).created).to.equal([...created].sort()[0]);
    }
  });

  it('agree after each of them was alone for a while, and after a whole site was down', async () => {
    await Promise.all(sites.map(cutLink));
    await createAsset(oslo, 'alone', 'from oslo');
    await update(oslo, 'alone', 'ada', 1);
    await update(lima, 'alone', 'bob', 2);
    await update(kyiv, 'alone', 'cy', 3);
    await call(urlOf(lima), 'DELETE', '/api/v1/assets/pump');
    await stopSite(kyiv);
    await Promise.all([oslo, lima].map(healLink));
    await untilEqual([oslo, lima], ['/api/v1/assets/alone', '/api/record/alone', '/api/v1/assets/pump']);
    await update(oslo, 'alone', 'dan', 4);
    await startSite(kyiv);
    await healLink(kyiv);
    await startFollower(kyiv, [oslo, lima]);
    const [, alone, pump] = await untilEqual(sites, [
      '/api/v1/assets/alone',
      '/api/record/alone',
      '/api/v1/assets/pump',
    ]);
    expect(authorsOf(alone)).to.deep.equal(['ada', 'bob', 'cy', 'dan']);
    expect(pump?.[0]).to.equal(410);
    expect((await compare(sites)).code).to.equal(0);
  });

  it('are joined by a further one, which gets everything from one of them, and is added while they run', async () => {
    const rome = await openSite('rome');
    sites.push(rome);
    await startSite(rome);
    await createAsset(rome, 'of-rome', 'Rome');
    await startFollower(rome, [oslo]);
    const environment = { MONGODB_URI: oslo.test?.system.mongodbUri };
    const added = await runMuster(['sites', 'add', rome.url], environment);
    expect(added.code, added.output).to.equal(0);
    const { output } = await compare(sites);
    expect(output).to.match(/^All sites are equal: .*rome/m);
    const listed = await eventually(
      () => runMuster(['sites', 'list'], environment),
      (one) => /rome.*followed/.test(one.output),
    );
    expect(listed.output).to.match(/url +name +read +events +adopted +refused +state/);
  });

  it('agree with one whose clock is an hour behind', async () => {
    const id = 'early';
    await createAsset(oslo, id, 'on time');
    await untilEqual(sites, [`/api/v1/assets/${id}`]);
    const other = 'late-clock';
    await Promise.all(sites.map(cutLink));
    await createAsset(oslo, other, 'on time');
    const hourAgo = new Date(Date.now() - 3_600_000);
    const data = { name: 'an hour ago', created: hourAgo, modified: hourAgo, site: 'lima' };
    const meta = { requestId: 'test', shape: 1 };
    const of = { entity: 'asset', entityId: other, version: 1, partition: partitionOf('asset', other, 32) };
    const event = { _id: randomUUID(), ...of, type: 'AssetCreated', data, at: hourAgo, meta };
    if (!lima.test) throw new Error('lima does not run');
    expect(await append(lima.test.log, openAppendQueue(), event, 5_000)).to.deep.equal({ kind: 'appended' });
    await Promise.all(sites.map(healLink));
    const [shown] = await untilEqual(sites, [`/api/v1/assets/${other}`]);
    expect(shown?.[1]).to.deep.include({ name: 'an hour ago', created: hourAgo.toISOString(), site: 'lima' });
  });

  it('give a site that was restored from an old back-up what it lost', async () => {
    await stopSite(lima);
    const restore = await copyData(lima);
    await startSite(lima);
    await startFollower(lima, [oslo, kyiv]);
    await update(lima, 'lost', 'ada', 1);
    await createAsset(oslo, 'after-copy', 'from oslo');
    await untilEqual(sites, ['/api/record/lost', '/api/v1/assets/after-copy']);
    await stopSite(lima);
    await restore();
    await startSite(lima);
    expect((await call(urlOf(lima), 'GET', '/api/record/lost')).status, 'the back-up is older').to.equal(404);
    await update(lima, 'lost', 'bob', 2); // it uses the versions of its lost events again
    await startFollower(lima, [oslo, kyiv]);
    const [lost] = await untilEqual(sites, ['/api/record/lost', '/api/v1/assets/after-copy']);
    expect(authorsOf(lost)).to.deep.equal(['ada', 'bob']);
    expect((await compare(sites)).code).to.equal(0);
  });

  it('lose nothing when the follower is killed again and again', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `killed-${index}`);
    const writing = forAll(names, 8, (name) => update(oslo, name, 'ada', 1));
    for (let kills = 0; kills < 4; kills += 1) {
      await stopFollower(kyiv, 'SIGKILL');
      await startFollower(kyiv, [oslo, lima]);
    }
    await writing;
    const shown = await untilEqual(
      [oslo, kyiv],
      names.map((name) => `/api/record/${name}`),
    );
    expect(shown.every(([status]) => status === 200)).to.equal(true);
  });

  it('are found to differ by verify --sites, with the thing that does', async () => {
    await stopFollower(kyiv);
    await update(oslo, 'differs', 'ada', 1);
    await untilEqual([oslo, lima], ['/api/record/differs']);
    const { code, output } = await runMuster(['verify', '--sites', `${oslo.url},${kyiv.url}`, '--wait', '0']);
    expect(code).to.equal(1);
    expect(output).to.match(/record "differs": oslo has \S+ at version 1, kyiv lacks it/);
    await startFollower(kyiv, [oslo, lima]);
    expect((await compare([oslo, kyiv])).code).to.equal(0);
  });

  it('have records and memory that agree with their logs, after all of that', async () => {
    for (const { name, test } of sites) {
      const environment = { MONGODB_URI: test?.system.mongodbUri, CLUSTER_SECRET: test?.clusterSecret };
      const { code, output } = await runMuster(['verify', '--entities', 'assets,records'], environment);
      expect(code, `${name}: ${output}`).to.equal(0);
    }
  });
});

describe('A site that asks for keys', function () {
  this.timeout(120_000);

  it('is followed once it gets a key with the scope site, and not with another one, which the list shows', async () => {
    const [strict, other] = [await openSite('strict', { AUTH: 'on' }), await openSite('other')];
    try {
      await Promise.all([strict, other].map(startSite));
      const keyOf = async (scope: string) => {
        const environment = { MONGODB_URI: strict.test?.system.mongodbUri };
        const { output } = await runMuster(['keys', 'create', '--name', `for-${scope}`, '--scope', scope], environment);
        return output.split('\n')[0] ?? '';
      };
      const [reading, siting, writing] = await Promise.all(['read', 'site', 'write'].map(keyOf));
      const body = { name: 'kept', author: 'ada', timestamp: 1 };
      const headers = { authorization: `Bearer ${writing}` };
      await eventually(
        () => call(urlOf(strict), 'POST', '/update', { body, headers }),
        ({ status }) => status === 200,
      );
      other.environment.SITE_KEYS = reading ?? '';
      await startFollower(other, [strict]);
      const list = () => runMuster(['sites', 'list'], { MONGODB_URI: other.test?.system.mongodbUri });
      const refused = await eventually(list, ({ output }) => /403/.test(output));
      expect(refused.output).to.match(/scope/);
      await stopFollower(other);
      await using folder = await openTestFolder();
      const path = join(folder.path, 'keys');
      Object.assign(other.environment, { SITE_KEYS: '', SITE_KEYS_FILE: path });
      await writeFile(path, `${strict.url}=${writing}\n`);
      const follower = await startFollower(other, [strict]);
      const said = async () => follower.lines.join('\n');
      await eventually(said, (lines) => lines.includes('A site cannot be followed now, trying again'));
      await writeFile(path, `${strict.url}=${siting}\n`); // the follower runs
      await eventually(
        () => call(urlOf(other), 'GET', '/api/record/kept'),
        ({ status }) => status === 200,
      );
      for (const key of [reading, siting, writing]) expect(follower.lines.join('\n')).to.not.include(key);
    } finally {
      await Promise.all([strict, other].map(closeSite));
    }
  });
});

const eventsOf = async ({ test }: TestSite, entity: string, id: string) => {
  if (!test) throw new Error('The site does not run');
  for await (const events of readStream(test.log, { name: entity }, id, 0, () => 5_000)) return events;
  return [];
};

const countEvents = async ({ test }: TestSite): Promise<number> => {
  const { body } = await call(test?.url ?? '', 'GET', '/api/events/site');
  return body.events;
};

/** When an asset was created at a site by its own clients. */
const firstCreated = async (site: TestSite, id: string): Promise<string> => {
  const [first] = await eventsOf(site, 'asset', id);
  return first?.data.created instanceof Date ? first.data.created.toISOString() : '';
};
