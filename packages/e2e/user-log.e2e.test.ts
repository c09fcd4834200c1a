import { isDeepStrictEqual } from 'node:util';
import { entities } from '@muster/entities';
import { absent, type Entity } from '@muster/model';
import { ensureCollections, foldStored, type Log, loadState, markOf, openLog, readStream } from '@muster/store';
import {
  eventually,
  forAll,
  openShell,
  openTestDatabase,
  readUserLog,
  type Shell,
  type TestDatabase,
  type UserAnswer,
  type UserLog,
} from '@muster/testing';
import { expect } from 'chai';
import { askAsRecorded, asToday, hasNewMeaning } from './ask-as-recorded.ts';
import { runInProcess } from './run-in-process.ts';
import { untilInMemory } from './until-in-memory.ts';

const user = entities.find(({ name }) => name === 'user') as Entity;
const ofRelease = readUserLog();
const ids = ofRelease.states.map(({ id }) => id);
const stateOf = new Map(ofRelease.states.map(({ id, state, parked }) => [id, { state, parked: parked ?? undefined }]));
const shape = { partitions: 32, hash: 'murmur3_x86_32(entity:id), seed 0' };

describe('The log of release 0.1.0', () => {
  let place: Place;
  before(async () => {
    place = await openPlace();
    await place.shell.events.insertMany(ofRelease.events);
  });
  after(() => place[Symbol.asyncDispose]());

  it('has a state of each stream in the fixture', async () => {
    expect((await place.shell.events.distinct('entityId', { entity: 'user' })).sort()).to.deep.equal(ids);
  });

  it('folds to the same states, and parks the same streams at the same versions', async () => {
    await forEachId(async (id) => {
      let loaded: unknown;
      for await (const events of readStream(place.log, user, id, 0, () => 5_000))
        loaded = foldStored(user, events, absent);
      expect(loaded, id).to.deep.equal(stateOf.get(id));
    });
  });

  it('is answered from memory with the same words', async () => {
    await using system = await runInProcess(entities, { aggregators: 3, database: place });
    await untilInMemory(system.url, ids);
    await expectAnswers(system.url, ofRelease.answers);
  });

  it('is answered with the same words when every aggregator is away', async () => {
    await using system = await runInProcess(entities, { aggregators: 0, database: place });
    await expectAnswers(system.url, ofRelease.answers);
  });

  it('has no further event then', async () => {
    expect(await place.shell.events.countDocuments()).to.equal(ofRelease.events.length);
  });
});

describe('The records of release 0.1.0, with the later events', () => {
  // without the events that the records have: nothing can be folded from the beginning instead
  let place: Place;
  before(async () => {
    place = await openPlace();
    await place.shell.events.insertMany(partsOf(ofRelease).later);
    await insertRecords(place);
  });
  after(() => place[Symbol.asyncDispose]());
  const isWhole = (id: string) => id !== parkedEarly; // its dead letters are in the other part of the log

  it('load to the same states', async () => {
    await forEachId(async (id) => {
      if (isWhole(id)) expect(await loadState(place.log, user, id, 5_000), id).to.deep.equal(stateOf.get(id));
    });
  });

  it('are answered by a gateway with the same words', async () => {
    await using system = await runInProcess(entities, { aggregators: 0, database: place });
    await expectAnswers(
      system.url,
      readAnswers.filter(({ request }) => isWhole(request.path.slice(prefix.length))),
    );
  });
});

describe('What the aggregators of release 0.1.0 left in a database', () => {
  let place: Place;
  before(async () => {
    place = await openPlace();
    const { saved, later } = partsOf(ofRelease);
    await place.shell.events.insertMany(saved);
    await insertRecords(place);
    await place.shell.deadLetters.insertMany(ofRelease.deadLetters as never);
    await insertCheckpoints(place);
    await place.shell.events.insertMany(later);
    // only a record that is read can say this, as its version is the last one
    await place.shell.db.collection<{ _id: string }>('Users').updateOne({ _id: 'kept' }, { $set: { name: onlySaved } });
  });
  after(() => place[Symbol.asyncDispose]());

  it('is taken up by aggregators of today', async () => {
    await using system = await runInProcess(entities, { aggregators: 2, database: place });
    await untilInMemory(system.url, ids);
    const reads = readAnswers.filter(({ request }) => request.path !== `${prefix}kept`);
    // the later events come through the change stream; where they never do, the last line says what is missing
    await eventually(
      () => countOthers(system.url, reads),
      (others) => others === 0,
    ).catch(() => undefined);
    const kept = await askAsRecorded(system.url, { method: 'GET', path: `${prefix}kept` });
    expect(JSON.parse(kept.text).name).to.equal(onlySaved);
    await expectAnswers(system.url, reads);
  });
});

type Place = TestDatabase & { log: Log; shell: Shell };

const onlySaved = 'as the record has it';
const parkedEarly = 'odd-parked-early';
const prefix = '/api/user/';
/** Of each user, read without a condition. */
const readAnswers = ofRelease.answers.filter(
  ({ request: { method, path, headers } }) =>
    method === 'GET' && headers === undefined && path.startsWith(prefix) && ids.includes(path.slice(prefix.length)),
);

/** A database with the settings of that release, and no events yet. */
const openPlace = async (): Promise<Place> => {
  const database = await openTestDatabase();
  const shell = openShell(database);
  const log = openLog({ ...database, appName: 'test' });
  await shell.settings.insertOne({ _id: 'muster', schema: 1, ...shape });
  await ensureCollections(log, entities, shape);
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { ...database, log, shell, [Symbol.asyncDispose]: close };
};

/** The events that are in the records or are dead letters, and those that came later. */
const partsOf = ({ events, records, deadLetters }: UserLog) => {
  const versions = new Map(records.map(({ _id, version }) => [_id, Number(version)]));
  const letters = new Set(deadLetters.map(({ _id }) => _id));
  const isSaved = ({ _id, entity, entityId, version }: UserLog['events'][number]) =>
    letters.has(_id) || (entity === 'user' && Number(version) <= (versions.get(entityId) ?? 0));
  return { saved: events.filter(isSaved), later: events.filter((event) => !isSaved(event)) };
};

const insertRecords = async (place: Place) => {
  const mark = await markHere(place);
  const records = ofRelease.records.map((record) => ({ ...record, snapshot: mark(record.snapshot) }));
  await place.shell.db.collection('Users').insertMany(records as never);
};

/** At the position that the log of this server has reached. */
const insertCheckpoints = async (place: Place) => {
  const mark = await markHere(place);
  const position = await positionNow(place.shell);
  const checkpoints = ofRelease.checkpoints.map((one) => ({ ...one, ...position, snapshot: mark(one.snapshot) }));
  await place.shell.checkpoints.insertMany(checkpoints as never);
};

/** A mark begins with its log, which has another id on each server. */
const markHere = async ({ shell }: Place) => {
  const { log } = (await shell.settings.findOne({ _id: 'muster' })) ?? {};
  return (stored: string) => {
    const [, incarnation = '', number] = /^[0-9a-f]{8}-(.*):(\d+)$/.exec(stored) ?? [];
    return markOf(log, incarnation, Number(number));
  };
};

const positionNow = async ({ db, aggregators }: Shell) => {
  const stream = db.watch([], { maxAwaitTimeMS: 50 });
  await stream.tryNext();
  await aggregators.updateOne({ _id: 'nobody' }, { $set: { beat: 'nobody:1' } }, { upsert: true });
  const change = await eventually(
    () => stream.tryNext(),
    (found) => found !== null,
  );
  await stream.close();
  await aggregators.deleteOne({ _id: 'nobody' });
  return { resumeToken: change?._id, clusterTime: (change as { clusterTime?: unknown } | null)?.clusterTime };
};

const forEachId = (check: (id: string) => Promise<void>) => forAll(ids, 8, check);

const expectAnswers = async (url: string, answers: readonly UserAnswer[]) => {
  const same = answers.filter(({ request }) => !hasNewMeaning(request));
  expect(same).not.to.have.length(0);
  await forAll(same, 8, async ({ request, answer }) => {
    expect(await askAsRecorded(url, request), JSON.stringify(request)).to.deep.equal(asToday(answer));
  });
};

const countOthers = async (url: string, answers: readonly UserAnswer[]): Promise<number> => {
  const asRecorded = await forAll(answers, 8, async ({ request, answer }) =>
    isDeepStrictEqual(await askAsRecorded(url, request), asToday(answer)),
  );
  return asRecorded.filter((isSame) => !isSame).length;
};
