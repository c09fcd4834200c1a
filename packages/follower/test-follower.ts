import { defineEntity, type Entity, optional } from '@muster/model';
import { partitionHash } from '@muster/placement';
import { openLogger } from '@muster/runtime';
import { type Log, openAppendQueue, openClock, openLog, prepareDatabase } from '@muster/store';
import Joi from 'joi';
import type { Follower } from './follower.ts';
import { openKnownStates } from './known-states.ts';
import { openPlaces } from './places.ts';
import { parseFollowerSettings } from './settings.ts';

const fields = { words: Joi.array<string[]>().items(Joi.string()), at: optional(Joi.date()) };

/** An entity for tests whose merge is the union of words. It throws for the word "bad" here. */
export const pile = defineEntity({
  name: 'pile',
  collection: 'Piles',
  state: fields,
  events: { PileBegun: { creates: true, fields }, WordAdded: { fields: { word: Joi.string() } } },
  evolve: {
    PileBegun: (_, { data }) => data,
    WordAdded: (state, { data: { word } }) => ({ ...state, words: unionOf(state.words, [word]) }),
  },
  commands: { begin: { creates: true, input: fields, decide: (data) => ({ type: 'PileBegun', data }) } },
  merge: (local, remote) => {
    if (local.words.includes('bad')) throw new Error('it cannot merge this');
    const times = [local.at, remote.at].flatMap((time) => (time ? [time.getTime()] : []));
    return {
      words: unionOf(local.words, remote.words),
      ...(times.length > 0 ? { at: new Date(Math.min(...times)) } : {}),
    };
  },
});

/** As `pile`, of another name. */
export const heap: Entity = { ...pile, name: 'heap', collection: 'Heaps', path: '/api/heap' };

/** An entity for tests that is not shared. */
export const secret = defineEntity({
  name: 'secret',
  collection: 'Secrets',
  state: { text: Joi.string() },
  events: { SecretTold: { creates: true, fields: { text: Joi.string() } } },
  evolve: { SecretTold: (_, { data }) => data },
  commands: {
    tell: { creates: true, input: { text: Joi.string() }, decide: (data) => ({ type: 'SecretTold', data }) },
  },
});

const unionOf = (...lists: (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();

export const entities: readonly Entity[] = [pile, heap, secret];

/** Opens a follower named "oslo" on the log of this empty database, which it disposes with itself. */
export const openTestFollower = async (
  database: AsyncDisposable & { uri: string; database: string },
  environment: Record<string, string> = {},
): Promise<AsyncDisposable & { follower: Follower; log: Log }> => {
  const log = openLog({ uri: database.uri, database: database.database, appName: 'test' });
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  const follower = openFollowerOn(log, environment);
  const shape = { partitions: follower.settings.PARTITIONS, hash: partitionHash };
  await prepareDatabase({ entities, log, logger: follower.logger, shape }, new AbortController().signal);
  return { follower, log, [Symbol.asyncDispose]: close };
};

/** Opens a follower on a log, as after a restart. */
export const openFollowerOn = (log: Log, environment: Record<string, string> = {}): Follower => {
  const parsed = parseFollowerSettings({
    MONGODB_URI: 'mongodb://127.0.0.1:1',
    SITE: 'oslo',
    PARTITIONS: '4',
    ...environment,
  });
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
  return {
    ...{ settings: parsed.settings, entities, log, logger: openLogger('test', 'silent') },
    shared: new Map(entities.filter(({ adopting }) => adopting).map((entity) => [entity.name, entity])),
    ...{
      queue: openAppendQueue(),
      clock: openClock(),
      known: openKnownStates(),
      reads: openPlaces(4),
      working: new Map(),
    },
    kept: { keys: undefined, problem: undefined },
    ...{ sites: new Map(), added: new Set(), database: { reachable: true } },
  };
};
