import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partitionHash, partitionOf } from '@muster/placement';
import { append, ensureCollections, keepDeadLetter, openAppendQueue, openLog, type StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { openOwnServer, openTestDatabase, openTestFolder } from './embedded-database.ts';

describe('The audit in mongosh', function () {
  this.timeout(60_000);

  const open: AsyncDisposable[] = [];
  let place: Place;
  let shown: Record<string, string>;

  before(async () => {
    const database = await openTestDatabase();
    const home = await openHome();
    open.push(database, home);
    place = { uri: database.uri, database: database.database, home: home.path };
    await using log = openLog({ ...place, appName: 'audit-test' });
    await ensureCollections(log, [], { partitions, hash: partitionHash });
    // made here, as minutes may pass between the loading of this file and its tests
    const justNow = eventOf('user', 'new', 1, 'UserCreated', { name: 'New' });
    for (const event of [...history, justNow, ...ownHistory])
      expect(await append(log, openAppendQueue(), event, 5_000)).to.deep.equal({ kind: 'appended' });
    await keepDeadLetter(log, parked, 'the type "UserPainted" is not known to entity "user"', 5_000);
    shown = await runQuestions(place);
  });

  after(async () => {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
  });

  it('prints its functions in one line, and audit() explains them', () => {
    expect(shown.banner).to.match(/^Muster's log in "test_\w+": timeline\(id\) .*audit\(\) explains$/);
    expect(shown['audit()']).to.include('at(id, version)').and.to.include('how long ago');
  });

  it('timeline shows each event of a stream with its changes, in aligned columns', () => {
    expect(tableOf(shown["timeline('ada')"], 'user "ada"')).to.deep.equal([
      'time                      version  type         request      what changed',
      '2026-01-01T10:00:00.000Z        1  UserCreated  request-ada  name: "Ada", group: 1',
      '2026-01-01T11:00:00.000Z        2  UserUpdated  request-ada  group: 1 → 2, note: (none) → "moved"',
      '2026-01-01T12:00:00.000Z        3  UserDeleted  request-ada',
    ]);
  });

  it('timeline ends with the current state, and says how to see a deleted state', () => {
    expect(shown["timeline('ada')"]).to.include(
      'user "ada" now: deleted at version 3, since 2026-01-01T12:00:00.000Z; at("ada", 2) shows what it was',
    );
  });

  it('timeline shows every entity that has the id', () => {
    expect(tableOf(shown["timeline('ada')"], 'badge "ada"').at(-1)).to.match(
      / {2}1 {2}BadgeCreated {2}request-ada {2}colour: "red"$/,
    );
    expect(shown["timeline('ada')"]).to.include(
      'badge "ada" now: active at version 1, since 2026-01-01T10:30:00.000Z\n  colour  "red"\n1 event in',
    );
  });

  it('timeline shows the stored data of custom events, and says that it cannot fold them', () => {
    const text = shown["timeline('acc')"] ?? '';
    expect(tableOf(text, 'account "acc"')).to.deep.equal([
      'time                      version  type            request              what changed',
      '2025-01-01T00:00:00.000Z        1  AccountCreated  request-acc shape=2  owner: "Ada"',
      '2025-01-02T00:00:00.000Z        2  MoneyDeposited  request-acc shape=2  cents: 5',
      '2025-01-03T00:00:00.000Z        3  AccountClosed   request-acc shape=2',
    ]);
    expect(text).to.include('account "acc" now: at version 3, since 2025-01-03T00:00:00.000Z\n  its state is not');
    expect(shown["at('acc', 2)"])
      .to.include('account "acc" as of version 2: at version 2, from 2025-01-02T00:00:00.000Z until 2025-01-03')
      .and.to.include('cannot fold the own events');
    expect(shown["since('2025-01-02', 2)"]).to.include('MoneyDeposited').and.to.not.include('folded');
  });

  it('timeline reports an unknown id and says what to check', () => {
    expect(shown["timeline('Ada')"])
      .to.match(/No event in test_\w+\.Events has the id "Ada"/)
      .and.to.include('badge, user');
    expect(shown["timeline('Ada')"]).to.include('To check: the id').and.to.include('notWritten');
  });

  it('timeline shows all events of a parked stream, and folds those that the aggregators fold', () => {
    const text = shown["timeline('odd')"];
    const why = '(not folded: version 2 has the type "UserPainted", which this script does not know)';
    expect(tableOf(text, 'user "odd"').slice(2)).to.deep.equal([
      `2026-01-01T13:01:00.000Z        2  UserPainted  request-odd  name: "Blue"  ${why}`,
      `2026-01-01T13:02:00.000Z        3  UserUpdated  request-odd  name: "Red"  ${why}`,
    ]);
    expect(text).to.include('now: active at version 1').and.to.include('  name  "Odd"');
    expect(text).to.include('parked by the aggregators from version 2 on: the type "UserPainted" is not known');
  });

  it('control characters from clients are escaped for the terminal', () => {
    expect(shown["timeline('sly')"]).to.include(String.raw`name: "\u001b[2Jgone\u202etxt"`);
  });

  it('since lists the events of all streams by time, with the old values from earlier events', () => {
    expect(tableOf(shown["since('2026-01-01T10:15Z', 3)"], 'Events since 2026-01-01T10:15:00.000Z')).to.deep.equal([
      'time                      stream     version  type          request      what changed',
      '2026-01-01T10:30:00.000Z  badge ada        1  BadgeCreated  request-ada  colour: "red"',
      '2026-01-01T11:00:00.000Z  user ada         2  UserUpdated   request-ada  group: 1 → 2, note: (none) → "moved"',
      '2026-01-01T12:00:00.000Z  user ada         3  UserDeleted   request-ada',
    ]);
  });

  it('since says how to continue when there are more events', () => {
    expect(shown["since('2026-01-01T10:15Z', 3)"]).to.include(
      '3 events of 2 streams; there are more, since("2026-01-01T12:00:00.000Z") goes on from there',
    );
    expect(shown["since('2026-01-01')"])
      .to.include(`${history.length + 1} events of `)
      .and.not.to.include('there are more');
  });

  it('since accepts a date or a duration', () => {
    expect(tableOf(shown["since('15m')"], 'Events since').slice(1)).to.have.lengthOf(1);
    expect(shown["since('15m')"]).to.include('user new').and.to.include('1 event of 1 stream');
    expect(shown["since(new Date('2026-01-01T13:30Z'))"]).to.include('user sly').and.not.to.include('user odd');
    expect(shown["since('2099-01-01')"]).to.match(/^No event since 2099-01-01T00:00:00\.000Z .*clock says \d{4}-/);
  });

  it('at shows the state at a version, and the time during which it was current', () => {
    const text = shown["at('ada', 1)"];
    expect(text).to.include(
      'user "ada" as of version 1: active at version 1, from 2026-01-01T10:00:00.000Z ' +
        'until 2026-01-01T11:00:00.000Z (version 2, UserUpdated)\n  name   "Ada"\n  group  1',
    );
    expect(text).to.include(
      'badge "ada" as of version 1: active at version 1, its last version, ' +
        'from 2026-01-01T10:30:00.000Z\n  colour  "red"',
    );
  });

  it('at shows the state at a time: absent before the creation, deleted after the deletion', () => {
    expect(shown["at('ada', '2026-01-01T09:59:59')"]).to.include(
      'user "ada" as of 2026-01-01T09:59:59.000Z: absent until 2026-01-01T10:00:00.000Z (version 1',
    );
    expect(shown["at('ada', '2026-01-01T11:00Z')"])
      .to.include(': active at version 2, from')
      .and.to.include('  note   "moved"');
    expect(shown["at('ada', new Date('2026-01-02'))"]).to.include(
      'user "ada" as of 2026-01-02T00:00:00.000Z: deleted at version 3, its last version, from',
    );
  });

  it('at names the last version if the requested version does not exist yet', () => {
    expect(shown["at('ada', 7)"]).to.include(
      'user "ada" as of version 7: its last version is 3, deleted since 2026-01-01T12:00:00.000Z',
    );
  });

  it('tail prints new events with their old values, up to a maximum number', async () => {
    await using log = openLog({ ...place, appName: 'audit-test' });
    await using shell = openShell(place, ['--eval', loadAudit, '--eval', 'tail({ count: 2, for: 30 })']);
    await shell.until('Following the inserts');
    for (const event of [
      eventOf('user', 'live', 1, 'UserCreated', { name: 'Li' }),
      eventOf('user', 'new', 2, 'UserUpdated', { name: 'Newer' }),
    ])
      await append(log, openAppendQueue(), event, 5_000);
    expect(await shell.ended(), shell.output()).to.equal(0);
    expect(shell.output()).to.match(/Z {2}user live +1 {2}UserCreated +request-live +name: "Li"\n/);
    expect(shell.output()).to.match(/Z {2}user new +2 {2}UserUpdated +request-new +name: "New" → "Newer"\n/);
    expect(shell.output()).to.match(/Followed test_\w+\.Events: 2 events\n$/);
  });

  it('tail({ for }) ends after the given time', async () => {
    await using shell = openShell(place, ['--eval', loadAudit, '--eval', 'tail({ for: 0.5 })']);
    expect(await shell.ended(), shell.output()).to.equal(0);
    expect(shell.output()).to.match(/Followed test_\w+\.Events: 0 events\n$/);
  });

  it('works in an interactive shell, which stays open after a wrong call', async () => {
    await using shell = openShell(
      place,
      ['--file', auditPath, '--shell'],
      ["since('yesterday')", 'timeline()', "at('ada', -1)", 'tail(5)', "at('ada', 2)"],
    );
    expect(await shell.ended(), shell.output()).to.equal(0);
    expect(shell.output()).to.include('Cannot read the time "yesterday": expected a Date, an ISO time such as');
    expect(shell.output())
      .to.include('timeline(id) needs an id')
      .and.to.include('Cannot read the version -1')
      .and.to.include('Cannot follow with 5');
    expect(shell.output()).to.include('user "ada" as of version 2: active');
  });

  it('uses the database muster if the current one has no events, and says what to do if neither has any', async () => {
    await using server = await openOwnServer();
    const empty = { ...place, uri: server.uri, database: 'elsewhere' };
    await using lost = openShell(empty, ['--file', auditPath]);
    expect(await lost.ended()).to.equal(1);
    expect(lost.output()).to.include('Neither the current database, "elsewhere", nor "muster" has a collection Events');
    await using log = openLog({ uri: server.uri, database: 'muster', appName: 'audit-test' });
    await append(log, openAppendQueue(), eventOf('user', 'ada', 1, 'UserCreated', { name: 'Ada' }), 5_000);
    await using found = openShell(empty, ['--eval', loadAudit, '--eval', "timeline('ada'); since('1h')"]);
    expect(await found.ended()).to.equal(0);
    expect(found.output()).to.include(
      'Muster\'s log in "muster", because the current database "elsewhere" has no Events',
    );
    expect(found.output()).to.include('1 event in muster.Events').and.to.include('1 event of 1 stream');
  });
});

type Place = { uri: string; database: string; home: string };

const partitions = 32;

const eventOf = (
  entity: string,
  entityId: string,
  version: number,
  type: string,
  data: StoredEvent['data'],
  at = new Date(),
): StoredEvent => ({
  _id: randomUUID(),
  entity,
  entityId,
  version,
  partition: partitionOf(entity, entityId, partitions),
  type,
  data,
  at,
  meta: { requestId: `request-${entityId}` },
});

const parked = eventOf('user', 'odd', 2, 'UserPainted', { name: 'Blue' }, new Date('2026-01-01T13:01Z'));

/** An event of an entity that is not a record. It names the shape of its data. */
const ownEventOf = (version: number, type: string, data: StoredEvent['data']): StoredEvent => {
  const event = eventOf('account', 'acc', version, type, data, new Date(Date.UTC(2025, 0, version)));
  return { ...event, meta: { ...event.meta, shape: 2 } };
};

const history: StoredEvent[] = [
  eventOf('user', 'ada', 1, 'UserCreated', { name: 'Ada', group: 1 }, new Date('2026-01-01T10:00Z')),
  eventOf('user', 'ada', 2, 'UserUpdated', { group: 2, note: 'moved' }, new Date('2026-01-01T11:00Z')),
  eventOf('user', 'ada', 3, 'UserDeleted', {}, new Date('2026-01-01T12:00Z')),
  eventOf('badge', 'ada', 1, 'BadgeCreated', { colour: 'red' }, new Date('2026-01-01T10:30Z')),
  eventOf('user', 'odd', 1, 'UserCreated', { name: 'Odd' }, new Date('2026-01-01T13:00Z')),
  parked,
  eventOf('user', 'odd', 3, 'UserUpdated', { name: 'Red' }, new Date('2026-01-01T13:02Z')),
  eventOf('user', 'sly', 1, 'UserCreated', { name: '\u001b[2Jgone\u202etxt' }, new Date('2026-01-01T14:00Z')),
];

const ownHistory: StoredEvent[] = [
  ownEventOf(1, 'AccountCreated', { owner: 'Ada' }),
  ownEventOf(2, 'MoneyDeposited', { cents: 5 }),
  ownEventOf(3, 'AccountClosed', {}),
];

const questions = [
  'audit()',
  "timeline('ada')",
  "timeline('Ada')",
  "timeline('odd')",
  "timeline('sly')",
  "timeline('acc')",
  "at('acc', 2)",
  "since('2025-01-02', 2)",
  "since('2026-01-01T10:15Z', 3)",
  "since('2026-01-01')",
  "since('15m')",
  "since(new Date('2026-01-01T13:30Z'))",
  "since('2099-01-01')",
  "at('ada', 1)",
  "at('ada', '2026-01-01T09:59:59')",
  "at('ada', '2026-01-01T11:00Z')",
  "at('ada', new Date('2026-01-02'))",
  "at('ada', 7)",
];

/** Runs all calls in one shell, because a shell takes a second to start. Returns the output by call. */
const runQuestions = async (place: Place): Promise<Record<string, string>> => {
  const asked = questions.map((question) => `print(${JSON.stringify(`@@${question}@@`)}); ${question};`);
  await using shell = openShell(place, ['--eval', loadAudit, '--eval', asked.join('\n')]);
  expect(await shell.ended(), shell.output()).to.equal(0);
  const [banner = '', ...parts] = shell.output().split('@@');
  const answers = questions.map((question) => [question, parts[parts.indexOf(question) + 1]?.trim()]);
  return Object.fromEntries([['banner', banner.trim()], ...answers]);
};

/** Returns the lines of the table below this heading. */
const tableOf = (text = '', heading: string): string[] => {
  const below = text.split('\n').slice(text.split('\n').findIndex((line) => line.startsWith(heading)) + 2);
  return below.slice(0, below.indexOf(''));
};

const auditPath = fileURLToPath(new URL('../../scripts/audit.js', import.meta.url));
const loadAudit = `load(${JSON.stringify(auditPath)})`;
const mongoshPath = join(dirname(createRequire(import.meta.url).resolve('mongosh/package.json')), 'bin', 'mongosh.js');

/** A home directory for mongosh, which writes to it. It turns off telemetry, update checks and logs. */
const openHome = async () => {
  const folder = await openTestFolder();
  await mkdir(join(folder.path, '.mongodb', 'mongosh'), { recursive: true });
  const settings = { enableTelemetry: false, updateURL: '', disableLogging: true };
  await writeFile(join(folder.path, '.mongodb', 'mongosh', 'config'), JSON.stringify(settings));
  return folder;
};

const openShell = ({ uri, database, home }: Place, words: string[], lines: string[] = []) => {
  const address = new URL(uri);
  address.pathname = `/${database}`;
  // a time zone in which local time differs from UTC
  const environment = { PATH: process.env.PATH, HOME: home, TZ: 'Asia/Tokyo' };
  const child = spawn(process.execPath, [mongoshPath, address.href, '--quiet', '--norc', ...words], {
    env: environment,
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const output = () => said.join('');
  return {
    output,
    /** Resolves with the exit code when the shell ends. */
    ended: async () => (await withDeadline(closed, child))[0],
    /** Resolves when the shell has printed this text. */
    until: (text: string) => withDeadline(saying(child, output, text), child),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
};

const saying = (child: ChildProcess, output: () => string, text: string) =>
  new Promise<void>((resolve, reject) => {
    const look = () => {
      if (output().includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    child.once('close', () => reject(new Error(`mongosh ended without saying "${text}": ${output()}`)));
    look();
  });

// after this time the shell is killed, which ends every wait for it
const withDeadline = async <T>(wanted: Promise<T>, child: ChildProcess): Promise<T> => {
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
  return wanted.finally(() => clearTimeout(timer));
};
