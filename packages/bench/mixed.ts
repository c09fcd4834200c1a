import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeUser } from '@muster/cli';
import type { MixedKind, MixedResult, MixedSpec } from './load-spec.ts';
import { percentile } from './percentiles.ts';

// Runs as a separate process, like load.ts, but at a fixed rate. The time of a request runs from its scheduled moment,
// even if it is sent late.

type Mix = {
  spec: MixedSpec;
  agent: Agent;
  times: Record<MixedKind, number[]>;
  failed: Record<MixedKind, number>;
  own: string[]; // ids created by this load, to be deleted by it
  lastWritten: string; // sometimes read again, because clients read what they wrote
};

const kindOf = (draw: number): MixedKind => {
  if (draw < 0.7) return 'GET';
  if (draw < 0.85) return 'PUT';
  return draw < 0.95 ? 'POST' : 'DELETE';
};

const runMixed = async (spec: MixedSpec): Promise<MixedResult> => {
  const mix: Mix = {
    spec,
    agent: new Agent({ keepAlive: true, maxSockets: 256 }),
    times: { GET: [], PUT: [], POST: [], DELETE: [] },
    failed: { GET: 0, PUT: 0, POST: 0, DELETE: 0 },
    own: [],
    lastWritten: makeUser(spec.seed, 0).id,
  };
  const startedAt = performance.now();
  const asked: Promise<void>[] = [];
  for (let number = 0; number < spec.perSecond * spec.seconds; number += 1) {
    const dueAt = startedAt + (number * 1_000) / spec.perSecond;
    const early = dueAt - performance.now();
    if (early > 1) await sleep(early);
    asked.push(askOnce(mix, kindOf(Math.random()), dueAt));
  }
  await Promise.all(asked);
  mix.agent.destroy();
  const resultOf = (kind: MixedKind) => {
    const times = mix.times[kind];
    return {
      requests: times.length,
      failed: mix.failed[kind],
      p50Ms: percentile(times, 0.5),
      p99Ms: percentile(times, 0.99),
      mostMs: percentile(times, 1),
    };
  };
  return { GET: resultOf('GET'), PUT: resultOf('PUT'), POST: resultOf('POST'), DELETE: resultOf('DELETE') };
};

const askOnce = async (mix: Mix, kind: MixedKind, dueAt: number): Promise<void> => {
  const { spec } = mix;
  const own = kind === 'DELETE' ? mix.own.shift() : undefined;
  const drawn = kind === 'DELETE' && own === undefined ? 'POST' : kind; // when there is nothing to delete yet
  const seeded = makeUser(spec.seed, Math.floor(Math.random() * spec.users));
  const body = bodyOf(drawn, seeded.fields);
  const id = own ?? (drawn === 'GET' && Math.random() < 0.2 ? mix.lastWritten : seeded.id);
  const answer = await send(mix, drawn, drawn === 'POST' ? spec.path : `${spec.path}/${id}`, body).catch(
    () => undefined,
  );
  mix.times[drawn].push(performance.now() - dueAt);
  const isRight = answer !== undefined && answer.status >= 200 && answer.status < 300;
  if (!isRight) mix.failed[drawn] += 1;
  else if (drawn === 'POST') mix.own.push((JSON.parse(answer.text) as { id: string }).id);
  else if (drawn === 'PUT') mix.lastWritten = id;
};

const bodyOf = (kind: MixedKind, fields: object): string | undefined => {
  if (kind === 'POST') return JSON.stringify(fields);
  return kind === 'PUT' ? JSON.stringify({ group: Math.floor(Math.random() * 2 ** 31) }) : undefined;
};

const send = (
  { spec, agent }: Mix,
  method: MixedKind,
  path: string,
  body: string | undefined,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(new URL(path, spec.url), { method, agent, headers, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer within 10 s')));
    sent.once('error', reject);
    sent.end(body);
  });

process.stdout.write(JSON.stringify(await runMixed(JSON.parse(process.argv[2] ?? '{}') as MixedSpec)));
