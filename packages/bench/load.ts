import { makeUser } from '@muster/cli';
import autocannon from 'autocannon';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { percentile } from './percentiles.ts';

// Runs as a separate process: its only argument is the task as JSON, its output the result as JSON.

// more than any target answers: this limits how many different requests are prepared
const requestsPerSecondMax = 15_000;
const readsPrepared = 20_000; // reads may repeat

const requestsFor = ({ kind, path, connections, seconds, users, seed }: LoadSpec): autocannon.Request[] => {
  const headers = { 'content-type': 'application/json' };
  const randomId = () => makeUser(seed, Math.floor(Math.random() * users)).id;
  // without an id: each request creates a new user
  if (kind === 'POST') return [{ method: 'POST', path, headers, body: JSON.stringify(makeUser(seed, 0).fields) }];
  const total = kind === 'GET' ? readsPrepared : (seconds + warmSeconds) * requestsPerSecondMax;
  const count = Math.ceil(total / connections);
  if (kind === 'GET') return Array.from({ length: count }, () => ({ method: 'GET', path: `${path}/${randomId()}` }));
  // a different value each time, so that each request appends an event
  const change = () => JSON.stringify({ group: Math.floor(Math.random() * 2 ** 31) });
  return Array.from({ length: count }, () => ({
    method: 'PUT',
    path: `${path}/${randomId()}`,
    headers,
    body: change(),
  }));
};

const warmSeconds = 0.5;

const run = (spec: LoadSpec): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const measured = { from: Number.POSITIVE_INFINITY, to: 0, all: 0 };
    const latencies: number[] = [];
    const setupClient = (client: autocannon.Client) => client.setRequests(requestsFor(spec));
    const options = {
      url: spec.url,
      connections: spec.connections,
      duration: spec.seconds + warmSeconds,
      timeout: 10,
      setupClient,
    };
    const tracker = autocannon(options, (error, { errors, timeouts, non2xx, statusCodeStats }) => {
      if (error) return reject(error);
      const perSecond = (latencies.length * 1_000) / (measured.to - measured.from);
      const statuses = Object.fromEntries(
        Object.entries(statusCodeStats).map(([status, { count }]) => [status, count]),
      );
      const [p50Ms, p99Ms] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
      resolve({ perSecond, p50Ms, p99Ms, requests: measured.all, failed: errors + timeouts + non2xx, statuses });
    });
    tracker.once('start', () => {
      measured.from = performance.now() + warmSeconds * 1_000;
      measured.to = measured.from + spec.seconds * 1_000;
    });
    tracker.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => {
      measured.all += 1;
      const now = performance.now();
      if (now >= measured.from && now < measured.to) latencies.push(ms);
    });
  });

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}') as LoadSpec)));
