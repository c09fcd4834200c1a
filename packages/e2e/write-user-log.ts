// Writes the fixture in packages/testing/fixtures anew, from what the system of this very checkout does. No test runs
// it: packages/testing/fixtures/README.md says why.
import { entities } from '@muster/entities';
import { absent, type Entity } from '@muster/model';
import { foldStored, openLog, type RecordDocument, readStream, type StoredEvent } from '@muster/store';
import {
  call,
  openShell,
  openTestDatabase,
  type Shell,
  saveUserLog,
  type UserAnswer,
  type UserRequest,
  type UserState,
} from '@muster/testing';
import { askAsRecorded } from './ask-as-recorded.ts';
import { oddEventsAfter, oddEventsBefore } from './odd-user-events.ts';
import { runInProcess } from './run-in-process.ts';
import { untilInMemory } from './until-in-memory.ts';
import { otherRequests, readRequest, setRequests } from './user-log-requests.ts';
import { createOverEmptyStream, type Step, stepsAfter, stepsBefore } from './user-log-steps.ts';

type Place = { uri: string; database: string };

const user = entities.find(({ name }) => name === 'user') as Entity;
const asStoredTypes = { promoteValues: false }; // keeps what the database has of a number beside its value

const writeUserLog = async () => {
  await using place = await openTestDatabase();
  await using shell = openShell(place);
  await writeBefore(place, shell);
  const before = await readEvents(shell);
  const saved = await readSaved(shell);
  const fromDatabase = await writeAfter(place, shell);
  const answers = await answerFromMemory(place);
  expectSame(fromDatabase, answers);
  const known = new Set(before.map(({ _id }) => _id));
  const after = (await readEvents(shell)).filter(({ _id }) => !known.has(_id));
  const states = await foldStates(place, shell);
  saveUserLog({ events: [...before, ...after], ...saved, states, answers });
  console.log(`${before.length} events that are saved, ${after.length} that are not, ${states.length} streams`);
  console.log(`${saved.records.length} records, ${saved.deadLetters.length} dead letters, ${answers.length} answers`);
};

/** With aggregators, whose clean stop saves everything. */
const writeBefore = async (place: Place, shell: Shell) => {
  await using system = await runInProcess(entities, { aggregators: 3, database: place });
  await shell.events.insertMany(oddEventsBefore());
  await takeSteps(system.url, [createOverEmptyStream, ...stepsBefore()]);
  await untilInMemory(system.url);
};

/** With the gateway alone: what it answers. COUNT and LIST are those of the snapshot then. */
const writeAfter = async (place: Place, shell: Shell): Promise<UserAnswer[]> => {
  await using system = await runInProcess(entities, { aggregators: 0, database: place });
  await takeSteps(system.url, stepsAfter());
  await shell.events.insertMany(oddEventsAfter());
  return await askAll(system.url, [...(await idsIn(shell)).map(readRequest), ...otherRequests]);
};

const answerFromMemory = async (place: Place): Promise<UserAnswer[]> => {
  await using shell = openShell(place);
  await using system = await runInProcess(entities, { aggregators: 3, database: place });
  const ids = await idsIn(shell);
  await untilInMemory(system.url, ids);
  return await askAll(system.url, [...ids.map(readRequest), ...otherRequests, ...setRequests]);
};

const takeSteps = async (url: string, steps: readonly Step[]) => {
  for (const [status, method, path, body, headers] of steps) {
    const sent = typeof body === 'string' ? { raw: body } : { body };
    const reply = await call(url, method, path, { ...sent, headers });
    if (reply.status !== status)
      throw new Error(`${method} ${path}: expected ${status}, got ${reply.status} ${reply.text}`);
  }
};

const askAll = async (url: string, requests: readonly UserRequest[]): Promise<UserAnswer[]> => {
  const answers: UserAnswer[] = [];
  for (const request of requests) answers.push({ request, answer: await askAsRecorded(url, request) });
  return answers;
};

const readEvents = (shell: Shell): Promise<StoredEvent[]> =>
  shell.events.find({}, asStoredTypes).sort({ entity: 1, entityId: 1, version: 1 }).toArray();

const readSaved = async ({ db, checkpoints, deadLetters }: Shell) => ({
  records: await db.collection<RecordDocument>('Users').find({}, asStoredTypes).sort({ _id: 1 }).toArray(),
  checkpoints: await checkpoints.find({}, asStoredTypes).sort({ _id: 1 }).toArray(),
  deadLetters: await deadLetters.find({}, asStoredTypes).sort({ _id: 1 }).toArray(),
});

const idsIn = async ({ events }: Shell): Promise<string[]> => {
  const ids: string[] = await events.distinct('entityId', { entity: 'user' });
  return ids.sort();
};

const foldStates = async (place: Place, shell: Shell): Promise<UserState[]> => {
  await using log = openLog({ ...place, appName: 'fixture' });
  const states: UserState[] = [];
  for (const id of await idsIn(shell)) {
    const events: StoredEvent[] = [];
    for await (const page of readStream(log, user, id, 0, () => 5_000)) events.push(...page);
    const { state, parked = null } = foldStored(user, events, absent);
    states.push({ id, state, parked });
  }
  return states;
};

/** The answers from the database are those from memory. */
const expectSame = (some: readonly UserAnswer[], all: readonly UserAnswer[]) => {
  const known = new Set(all.map((one) => JSON.stringify(one)));
  const others = some.filter((one) => !known.has(JSON.stringify(one)));
  for (const { request } of others) {
    const [one, other] = [some, all].map((answers) => answers.find((answer) => isOf(answer, request)));
    console.error(`From the database:\n${JSON.stringify(one)}\nfrom memory:\n${JSON.stringify(other)}\n`);
  }
  if (others.length > 0) throw new Error(`${others.length} answers differ: nothing was saved`);
};

const isOf = ({ request }: UserAnswer, other: UserRequest) => JSON.stringify(request) === JSON.stringify(other);

await writeUserLog();
