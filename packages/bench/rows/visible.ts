import { Agent, request } from 'node:http';
import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { keptUsers } from '../requests.ts';
import type { Row } from '../row.ts';
import { type Stage, seed } from '../stage.ts';
import { percentile } from '../statistics.ts';
import { openWatch, type Watch } from '../watch-events.ts';

const writesPerSecond = 20;
const watchedWithinMs = 5_000;

export const visible: Row = {
  name: 'visible',
  about:
    'from sending a PUT until its event is in memory of an aggregator, and until a bare `watch` of the driver has it',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster'],
  measure: async ({ options, signal }, { stage }, round) => {
    await using watch = await openWatch(stage.system.mongodbUri, stage.database);
    const agent = new Agent({ keepAlive: true });
    const times: Times[] = [];
    for (let write = 0; write < options.seconds * writesPerSecond; write += 1) {
      signal.throwIfAborted();
      times.push(await measureOne(stage, watch, agent, round * options.seconds * writesPerSecond + write));
      await pause(1_000 / writesPerSecond / 2, signal);
    }
    agent.destroy();
    const seen = times.map(({ seenMs }) => seenMs).filter(Number.isFinite);
    const watched = times.map(({ watchedMs }) => watchedMs).filter(Number.isFinite);
    const figures = {
      seenP50Ms: percentile(seen, 0.5),
      seenP99Ms: percentile(seen, 0.99),
      watchP50Ms: percentile(watched, 0.5),
      watchP99Ms: percentile(watched, 0.99),
      notFromMemory: times.length - seen.length,
    };
    return [{ what: 'one event at a time', figures }];
  },
};

/** NaN when the answer did not come from memory, or the watch did not see the event in time. */
type Times = { seenMs: number; watchedMs: number };

// The read with the next version goes out at the same time as the write: the aggregator answers it as soon as it has
// applied the event. So the answer to the write does not delay it.
const measureOne = async (
  { system, path, users }: Stage,
  watch: Watch,
  agent: Agent,
  write: number,
): Promise<Times> => {
  const { id } = makeUser(seed, keptUsers(users) + (write % (users - keptUsers(users))));
  const address = `${system.url}${path}/${id}`;
  const before = await send(agent, 'GET', address, {});
  const version = Number(/"(\d+)"/.exec(before.etag)?.[1] ?? Number.NaN);
  const sentAt = performance.now();
  const [, seenMs, watchedMs] = await Promise.all([
    send(
      agent,
      'PUT',
      address,
      { 'content-type': 'application/json' },
      `{"group":${Math.floor(Math.random() * 2 ** 31)}}`,
    ),
    send(agent, 'GET', address, { 'muster-min-version': String(version + 1) }).then(({ source, isOk }) =>
      isOk && source !== 'database' ? performance.now() - sentAt : Number.NaN,
    ),
    watch.until(id, version + 1, watchedWithinMs).then((at) => at - sentAt),
  ]);
  return { seenMs, watchedMs };
};

type Answer = { isOk: boolean; etag: string; source: string };

const send = (
  agent: Agent,
  method: string,
  address: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(address, { method, agent, headers, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.once('end', () =>
        resolve({
          isOk: answer.statusCode === 200,
          etag: answer.headers.etag ?? '',
          source: String(answer.headers['muster-source'] ?? ''),
        }),
      );
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer to ${method} ${address} within 10 s`)));
    sent.once('error', reject);
    sent.end(body);
  });
