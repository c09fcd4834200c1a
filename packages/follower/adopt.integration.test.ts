import { randomUUID } from 'node:crypto';
import { absent, encodeFields, type Fields } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { append, loadState, openAppendQueue, type StoredEvent } from '@muster/store';
import { at, openTestDatabase, storedEvents } from '@muster/testing';
import { expect } from 'chai';
import { type Adopted, adopt, type Remote } from './adopt.ts';
import type { Follower } from './follower.ts';
import { knownOf, noteKnown } from './known-states.ts';
import { heap, openFollowerOn, openTestFollower, pile, secret } from './test-follower.ts';

const deadlineMs = 5_000;

const remoteOf = (id: string, words: readonly string[], version = 1, site = 'lima'): Remote => ({
  ...{ entity: pile, id, fields: { words }, origin: { site, id: `${site}-${id}-${version}`, version } },
});
const open = async () => {
  const test = await openTestFollower(await openTestDatabase());
  const { follower, log } = test;
  const tryInsert = async (id: string, version: number, type: string, data: Fields, time = at(version)) => {
    const event: StoredEvent = {
      ...{ _id: randomUUID(), entity: 'pile', entityId: id, version, type, data, at: time },
      ...{ partition: partitionOf('pile', id, 4), meta: { requestId: 'test', shape: 1 } },
    };
    return (await append(log, openAppendQueue(), event, deadlineMs)).kind;
  };
  const insert = async (...event: Parameters<typeof tryInsert>) =>
    expect(await tryInsert(...event)).to.equal('appended');
  const wordsOf = async (id: string) => {
    const { state } = await loadState(log, pile, id, deadlineMs);
    return state.status === 'active' ? state.fields.words : state.status;
  };
  const versionsOf = async (id: string) =>
    (await storedEvents(log, id)).map(({ version, type }) => `${version} ${type}`);
  const close = () => test[Symbol.asyncDispose]();
  return { follower, log, insert, tryInsert, wordsOf, versionsOf, [Symbol.asyncDispose]: close };
};
const problemOf = (adopted: Adopted): string => (adopted.kind === 'refused' ? adopted.problem : adopted.kind);
const adopting = (follower: Follower, ...remote: Parameters<typeof remoteOf>) => adopt(follower, remoteOf(...remote));

describe('A thing of another site', function () {
  this.timeout(60_000);

  it('is created here by one event, which names the event there and the site', async () => {
    await using test = await open();
    const time = new Date('2026-01-02T03:04:05.678Z');
    const fields = JSON.parse(JSON.stringify(encodeFields({ words: ['a'], at: time })));
    const origin = { site: 'lima', id: 'event-7', version: 7 };
    expect(await adopt(test.follower, { entity: pile, id: 'x', fields, origin })).to.deep.equal({ kind: 'adopted' });
    const [event, ...more] = await storedEvents(test.log, 'x');
    expect(more).to.deep.equal([]);
    expect(event).to.deep.include({
      ...{ entity: 'pile', entityId: 'x', version: 1, type: 'PileAdopted', data: { words: ['a'], at: time } },
      ...{ partition: partitionOf('pile', 'x', 4) },
      meta: { requestId: 'event-7', actor: 'site:lima', shape: 1, origin },
    });
    expect(Math.abs((event?.at.getTime() ?? 0) - Date.now())).to.be.below(60_000);
  });

  it('merges with the one here by one event with the whole state, and not before the last change in time', async () => {
    await using test = await open();
    const future = new Date(Date.now() + 3_600_000);
    await test.insert('x', 1, 'PileBegun', { words: ['b'], at: future });
    await test.insert('x', 2, 'WordAdded', { word: 'c' });
    expect(await adopting(test.follower, 'x', ['a'], 5)).to.deep.equal({ kind: 'adopted' });
    const events = await storedEvents(test.log, 'x');
    expect(events.at(-1)).to.deep.include({
      version: 3,
      type: 'PileMerged',
      data: { words: ['a', 'b', 'c'], at: future },
    });
    expect(events).to.have.length(3);
    await test.insert('y', 1, 'PileBegun', { words: ['b'] }, future);
    expect(await adopting(test.follower, 'y', ['a'])).to.deep.equal({ kind: 'adopted' });
    expect((await storedEvents(test.log, 'y')).at(-1)?.at).to.deep.equal(future);
  });

  it('yields nothing if it is known already, from that site, another one, or clients here', async () => {
    await using test = await open();
    await adopting(test.follower, 'x', ['a', 'b']);
    for (const [words, site] of [
      [['a', 'b'], 'lima'],
      [['a'], 'lima'],
      [['b'], 'kyiv'],
    ] as const)
      expect(await adopting(test.follower, 'x', words, 1, site)).to.deep.equal({ kind: 'known' });
    await test.insert('y', 1, 'PileBegun', { words: ['a'] });
    expect(await adopting(test.follower, 'y', ['a'])).to.deep.equal({ kind: 'known' });
    expect(await adopting(openFollowerOn(test.log), 'x', ['a'], 9), 'after a restart').to.deep.equal({ kind: 'known' });
    expect(await storedEvents(test.log)).to.have.length(2);
  });

  it('is refused, with the reason and without an event, if it cannot be adopted as it is', async () => {
    await using test = await open();
    await test.insert('parked', 1, 'PileBegun', { words: ['a'] });
    await test.insert('parked', 2, 'PileBlessed', {});
    await test.insert('hole', 2, 'WordAdded', { word: 'a' });
    await test.insert('bad', 1, 'PileBegun', { words: ['bad'] });
    const before = (await storedEvents(test.log)).length;
    const fieldsOf = (fields: unknown): Remote => ({ ...remoteOf('x', []), fields });
    for (const [remote, part] of [
      [remoteOf('no id', ['a']), 'its id is not valid here'],
      [remoteOf('count', ['a']), 'its id is not valid here'],
      [fieldsOf(null), 'deleted, or cannot be understood there'],
      [fieldsOf(undefined), 'deleted, or cannot be understood there'],
      [fieldsOf({}), '"words" is required'],
      [fieldsOf({ words: 'a' }), '"words" must be an array'],
      [fieldsOf({ words: [1] }), '"words[0]" must be a string'],
      [fieldsOf({ words: [], more: 1 }), '"more" is not allowed'],
      [fieldsOf({ words: [], at: '2026-01-01' }), '"at"'],
      [fieldsOf('text'), 'no object'],
      [fieldsOf([]), 'no object'],
      [remoteOf('parked', ['b'], 2), 'its stream is parked here'],
      [remoteOf('hole', ['b'], 2), 'its stream is parked here'],
      [remoteOf('bad', ['b'], 2), 'it cannot merge this'],
      [{ ...remoteOf('x', ['a']), entity: secret }, 'no merge here'],
    ] as const)
      expect(problemOf(await adopt(test.follower, remote)), JSON.stringify([remote.id, remote.fields])).to.contain(
        part,
      );
    expect(await storedEvents(test.log)).to.have.length(before);
  });

  it('that clients here deleted stays deleted', async () => {
    await using test = await open();
    const deleted = { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) } as const;
    noteKnown(test.follower.known, pile, 'x', deleted as unknown as typeof absent);
    expect(problemOf(await adopting(test.follower, 'x', ['a'], 3))).to.equal('the thing is deleted here');
    expect(await storedEvents(test.log)).to.deep.equal([]);
  });

  it('loses nothing if the state that is remembered is older than the log, or of nothing at all', async () => {
    await using test = await open();
    await adopting(test.follower, 'x', ['a']);
    const old = knownOf(test.follower.known, pile, 'x');
    await test.insert('x', 2, 'WordAdded', { word: 'b' });
    await test.insert('x', 3, 'WordAdded', { word: 'c' });
    expect(knownOf(test.follower.known, pile, 'x')).to.equal(old);
    expect(await adopting(test.follower, 'x', ['d'], 4)).to.deep.equal({ kind: 'adopted' });
    expect(await test.wordsOf('x')).to.deep.equal(['a', 'b', 'c', 'd']);
    noteKnown(test.follower.known, pile, 'x', absent);
    expect(await adopting(test.follower, 'x', ['e'], 5)).to.deep.equal({ kind: 'adopted' });
    expect(await test.wordsOf('x')).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    // the first event of a thing there: the thing is guessed to be absent here
    await test.insert('y', 1, 'PileBegun', { words: ['a'] });
    expect(await adopting(test.follower, 'y', ['b'], 1)).to.deep.equal({ kind: 'adopted' });
    expect(await test.versionsOf('y')).to.deep.equal(['1 PileBegun', '2 PileMerged']);
    expect(await test.wordsOf('y')).to.deep.equal(['a', 'b']);
  });

  it('is merged again when somebody here is faster, as often as that happens', async () => {
    await using test = await open();
    await test.insert('x', 1, 'PileBegun', { words: ['a'] });
    const names = Array.from({ length: 25 }, (_, index) => String(index));
    const byClients = async () => {
      for (const name of names)
        for (let kind = ''; kind !== 'appended'; ) {
          const { version } = (await loadState(test.log, pile, 'x', deadlineMs)).state;
          kind = await test.tryInsert('x', version + 1, 'WordAdded', { word: `own ${name}` });
        }
    };
    const bySite = async () => {
      for (const name of names)
        expect(await adopting(test.follower, 'x', [`far ${name}`], 2)).to.deep.equal({ kind: 'adopted' });
    };
    await Promise.all([byClients(), bySite()]);
    const words = await test.wordsOf('x');
    expect(words).to.have.members(['a', ...names.flatMap((name) => [`own ${name}`, `far ${name}`])]);
    const versions = (await storedEvents(test.log, 'x')).map((event) => event.version);
    expect(versions).to.deep.equal(versions.map((_, index) => index + 1));
  });

  it('is adopted once if two sites have it at once, and from both if they differ', async () => {
    await using test = await open();
    const same = await Promise.all([
      adopting(test.follower, 'x', ['a'], 1, 'lima'),
      adopting(test.follower, 'x', ['a'], 1, 'kyiv'),
      adopting(test.follower, 'x', ['a'], 2, 'rome'),
    ]);
    expect(same.map(({ kind }) => kind).sort()).to.deep.equal(['adopted', 'known', 'known']);
    expect(await test.versionsOf('x')).to.deep.equal(['1 PileAdopted']);
    const others = await Promise.all(
      ['lima', 'kyiv', 'rome'].map((site) => adopting(test.follower, 'y', [site], 1, site)),
    );
    expect(others.map(({ kind }) => kind)).to.deep.equal(['adopted', 'adopted', 'adopted']);
    expect(await test.wordsOf('y')).to.deep.equal(['kyiv', 'lima', 'rome']);
    expect(test.follower.working.size).to.equal(0);
  });

  it('is adopted from both, too, by two followers that know nothing of each other', async () => {
    await using test = await open();
    const followers = [test.follower, openFollowerOn(test.log)];
    for (let round = 0; round < 20; round += 1) {
      const words = ['a', 'b'].map((word) => `${word}${round}`);
      const adopted = await Promise.all(
        followers.map((follower, index) => adopting(follower, 'x', [words[index] ?? ''], 1, `s${index}`)),
      );
      expect(adopted.map(({ kind }) => kind)).to.deep.equal(['adopted', 'adopted']);
      expect(await test.wordsOf('x')).to.include.members(words);
    }
  });

  it('is another thing than one of another entity with the same id', async () => {
    await using test = await open();
    await adopting(test.follower, 'x', ['a']);
    const other = { ...remoteOf('x', ['b']), entity: heap };
    expect(await adopt(test.follower, other)).to.deep.equal({ kind: 'adopted' });
    const events = (await storedEvents(test.log, 'x')).map(({ entity, data, version }) => [
      entity,
      version,
      data.words,
    ]);
    expect(events).to.have.deep.members([
      ['pile', 1, ['a']],
      ['heap', 1, ['b']],
    ]);
  });

  it('waits for a database that is away: it is neither adopted nor refused', async () => {
    const test = await openTestFollower(await openTestDatabase());
    await test[Symbol.asyncDispose]();
    const adopted = await adopting(test.follower, 'x', ['a'], 2);
    expect(adopted.kind).to.equal('unavailable');
  });
});
