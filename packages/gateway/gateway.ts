import type { Entity } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { Logger, Registry } from '@muster/runtime';
import {
  type AppendQueue,
  type DatabaseClock,
  type Loaded,
  type Log,
  type LookUps,
  logIdOf,
  openAppendQueue,
  openClock,
  openLookUps,
} from '@muster/store';
import { openSender } from '@muster/wire';
import { type Feed, openFeed } from './feed/feed.ts';
import { type Keys, openKeys } from './keys.ts';
import { type LongReads, openLongReads } from './long-reads.ts';
import { type Members, openMembers, type Wire } from './members.ts';
import { type Metrics, openGatewayMetrics } from './metrics.ts';
import { openRandomStock, type RandomStock } from './new-id.ts';
import { type AnswerLines, openAnswerLines } from './note-answer.ts';
import { openPlaces, type Places } from './places.ts';
import { openRemembered, type Remembered } from './remembered.ts';
import { openRequestIds, type RequestIds } from './request-ids.ts';
import { openRequests, type Requests } from './requests.ts';
import type { Settings } from './settings.ts';
import { type Loads, openLoads } from './share-load.ts';
import { openTurns, type Turns } from './turns.ts';
import { type Failures, openFailures } from './why-failed.ts';

/** The whole state of a gateway, passed as a parameter. None of it must survive a restart. */
export type Gateway = {
  settings: Settings;
  entities: readonly Entity[];
  log: Log;
  logger: Logger;
  keys: Keys;
  queue: AppendQueue;
  turns: Turns;
  loads: Loads<Loaded>;
  lookUps: LookUps;
  longReads: LongReads;
  pastReads: Places; // reads of one thing as it was
  longFolds: Places; // those of them that fold many events
  savedQueries: Places; // lists from the database
  pastScans: Places; // reads of many things as they were
  remembered: Remembered;
  members: Members;
  requests: Requests;
  feed: Feed;
  requestIds: RequestIds;
  answerLines: AnswerLines;
  clock: DatabaseClock;
  random: RandomStock;
  database: { reachable: boolean }; // as of the last refresh, once a second
  failures: Failures;
  standing: { listening: boolean; stopping: boolean };
  metrics: Metrics;
};

export const openGateway = (
  parts: Pick<Gateway, 'settings' | 'entities' | 'log' | 'logger'> & { registry: Registry },
): Gateway => {
  const { registry, ...given } = parts;
  const { APPEND_LANES, APPEND_BATCH_MAX, APPEND_QUEUE_MAX } = given.settings;
  const limits = {
    lanes: APPEND_LANES,
    batchEventsMax: APPEND_BATCH_MAX,
    waitingMax: APPEND_QUEUE_MAX,
  };
  const queue = openAppendQueue(limits);
  const requests = openRequests();
  const feed = openFeed(given.entities, given.settings.LIVE_CATCHUPS);
  return {
    ...given,
    keys: openKeys(given.settings),
    queue,
    turns: openTurns(),
    loads: openLoads(),
    lookUps: openLookUps(),
    longReads: openLongReads(),
    pastReads: openPlaces(8, 32),
    longFolds: openPlaces(1, 4),
    savedQueries: openPlaces(4, 64),
    pastScans: openPlaces(1, 8),
    remembered: openRemembered(APPEND_LANES * APPEND_BATCH_MAX),
    members: openMembers(wireOf(given)),
    requests,
    feed,
    requestIds: openRequestIds(),
    answerLines: openAnswerLines(),
    clock: openClock(),
    random: openRandomStock(),
    database: { reachable: true },
    failures: openFailures(),
    standing: { listening: false, stopping: false },
    metrics: openGatewayMetrics(registry, queue, requests, feed),
  };
};

const wireOf = ({ settings, logger }: Pick<Gateway, 'settings' | 'logger'>): Wire => ({
  database: settings.DATABASE,
  secret: settings.CLUSTER_SECRET,
  sender: openSender(),
  // debug: the aggregator restarted, and the next refresh of the members reconnects to it
  onProblem: ({ kind, message }) => logger[kind === 'incarnation' ? 'debug' : 'warn']({ kind }, message),
});

/** The key of a stream in the maps of this process. It has the id of the log: another log has other streams. */
export const keyOf = ({ log }: Pick<Gateway, 'log'>, entity: Entity, id: string): string =>
  `${logIdOf(log) ?? ''}:${entity.name}:${id}`;

export const partitionFor = ({ settings }: Gateway, entity: Entity, id: string): number =>
  partitionOf(entity.name, id, settings.PARTITIONS);
