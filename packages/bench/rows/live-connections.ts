import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { processOf } from '@muster/supervisor';
import { type Memory, readBroadcasterMemory } from '../broadcast.ts';
import { liveSettings } from '../live-settings.ts';
import { type LiveMeasured, measureLive } from '../measure-live.ts';
import { requireOpenFiles } from '../open-files.ts';
import { openSubscribers } from '../open-subscribers.ts';
import { readMetricsOf } from '../read-metrics.ts';
import type { Bench, Figures, Measured, Row } from '../row.ts';
import { type Build, pidsOf, type Stage, seed, withStage } from '../stage.ts';
import type { SubscribeSpec } from '../subscribe-spec.ts';
import { musterOf, type Target } from '../targets.ts';
import { startBroadcaster } from './live-fanout.ts';

const connections = 5_000;
const warmConnections = 100;
const getsPerSecond = 1_000;
const eventsPerSecond = 50;
const wantedPerSecond = 2; // 10,000 messages a second
const usersMax = 20_000;
const roundsMax = 2; // so that the row ends within about two minutes
const secondsMax = 3;
const collectMs = 2_000;

export const liveConnections: Row = {
  name: 'live-connections',
  about:
    `${connections} connections to the feed of one gateway, each of one user: memory, and GET at ` +
    `${getsPerSecond}/s in an open loop with these connections and without`,
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    requireOpenFiles(connections);
    const { options, signal } = bench;
    const wanted = {
      build: collecting(build),
      users: Math.min(usersMax, options.users),
      settings: liveSettings(connections + warmConnections),
    };
    return await withStage(bench, wanted, async (stage) => {
      const [gateway = 'self'] = pidsOf(stage.system, stage.system.gateways);
      requireOpenFiles(connections, gateway);
      const target = musterOf(stage);
      await warmUp(target);
      const measured: Measured[] = await measureMemory(bench, stage);
      for (let round = 1; round <= Math.min(roundsMax, options.rounds); round += 1) {
        signal.throwIfAborted();
        measured.push(...(await measureRound(target, Math.min(secondsMax, options.seconds), round % 2 === 0)));
      }
      return measured;
    });
  },
};

/** The same build, whose gateway collects its garbage at SIGUSR2. */
const collecting = ({ name, programs }: Build): Build => {
  const script = "process.on('SIGUSR2', () => globalThis.gc())";
  const words = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(script)}`];
  return { name, programs: { ...programs, gateway: [...words, ...programs.gateway] } };
};

const warmUp = async (target: Target): Promise<void> => {
  await using subscribers = await openSubscribers(specOf(target, 'own', warmConnections));
  await measureLive(target, { getsPerSecond, postsPerSecond: eventsPerSecond, seconds: 1 }, subscribers, 0);
};

/** Each connection is of one user that is not changed, or all are of all users. */
type Scope = 'own' | 'all';

const specOf = ({ url, stage }: Target, scope: Scope, count: number): SubscribeSpec => {
  const { path, users } = stage;
  const idOf = (index: number) => makeUser(seed, index % users).id;
  const paths =
    scope === 'all' ? [`${path}/events`] : Array.from({ length: count }, (_, at) => `${path}/${idOf(at)}/events`);
  return { url, protocol: 'sse', paths, connections: count };
};

const measureMemory = async (bench: Bench, stage: Stage): Promise<Measured[]> => {
  const own = await measureGrowth(specOf(musterOf(stage), 'own', connections), () => readGatewayMemory(stage));
  const others: Measured[] = [];
  for (const [name, protocol] of [
    ['ws', 'websocket'],
    ['node:http', 'sse'],
  ] as const) {
    await using broadcaster = await startBroadcaster(bench);
    const { url } = broadcaster;
    const spec = { url, protocol, paths: ['/events'], connections };
    await openAndClose({ ...spec, connections: warmConnections });
    const figures = await measureGrowth(spec, () => readBroadcasterMemory(url));
    others.push({ what: `memory, ${name}`, figures });
  }
  const heapRatioTo = (at: number) => own.heapPerConnection / (others[at]?.figures.heapPerConnection ?? Number.NaN);
  const figures = { ...own, wsRatio: heapRatioTo(0), httpRatio: heapRatioTo(1) };
  return [{ what: 'memory', figures }, ...others];
};

const openAndClose = async (spec: SubscribeSpec): Promise<void> => {
  await using _ = await openSubscribers(spec);
};

/** What each connection adds to the memory of a server, in bytes. */
const measureGrowth = async (spec: SubscribeSpec, read: () => Promise<Memory>) => {
  await pause(collectMs);
  const before = await read();
  await using _ = await openSubscribers(spec);
  await pause(collectMs);
  const after = await read();
  return {
    heapPerConnection: (after.heapBytes - before.heapBytes) / spec.connections,
    rssPerConnection: (after.rssBytes - before.rssBytes) / spec.connections,
  };
};

const memoryNames = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes', 'process_resident_memory_bytes'];

const readGatewayMemory = async ({ system }: Stage): Promise<Memory> => {
  const [name = ''] = system.gateways;
  for (const pid of pidsOf(system, [name])) process.kill(pid, 'SIGUSR2');
  await pause(collectMs);
  const { ready } = processOf(system, name);
  const [used = Number.NaN, external = Number.NaN, rss = Number.NaN] = await readMetricsOf(
    ready?.healthPort ?? 0,
    memoryNames,
  );
  return { heapBytes: used + external, rssBytes: rss };
};

const measureRound = async (target: Target, seconds: number, isReversed: boolean): Promise<Measured[]> => {
  const idle = { getsPerSecond, postsPerSecond: 0, seconds };
  const busy = { getsPerSecond, postsPerSecond: eventsPerSecond, seconds };
  const measureWithout = async () => ({
    idle: await measureLive(target, idle, undefined),
    busy: await measureLive(target, busy, undefined),
  });
  const measureWith = async () => {
    await using subscribers = await openSubscribers(specOf(target, 'own', connections));
    return {
      idle: await measureLive(target, idle, subscribers, 0),
      busy: await measureLive(target, busy, subscribers, 0),
    };
  };
  const measureWanted = async () => {
    await using subscribers = await openSubscribers(specOf(target, 'all', connections));
    return await measureLive(target, { ...busy, postsPerSecond: wantedPerSecond }, subscribers);
  };
  const early = isReversed ? undefined : await measureWithout();
  const wanted = isReversed ? await measureWanted() : undefined;
  const open = await measureWith();
  const without = early ?? (await measureWithout());
  const all = wanted ?? (await measureWanted());
  const share = `with ${connections}`;
  return [
    { what: 'without, no event', figures: figuresOf(without.idle) },
    { what: `without, ${eventsPerSecond} events/s`, figures: figuresOf(without.busy) },
    { what: `${share}, no event`, figures: figuresOf(open.idle, without.idle) },
    { what: `${share}, ${eventsPerSecond} events/s of others`, figures: figuresOf(open.busy, without.busy) },
    { what: `${share} of all users, ${wantedPerSecond} events/s`, figures: figuresOf(all, without.idle) },
  ];
};

const figuresOf = ({ gets, windowMs, due, received }: LiveMeasured, without?: LiveMeasured): Figures => ({
  getP50Ms: gets.p50Ms,
  getP99Ms: gets.p99Ms,
  getMostMs: gets.mostMs,
  ...(without ? { getRatio: gets.p99Ms / without.gets.p99Ms } : {}),
  failed: gets.failed,
  gatewayShare: windowMs / 1_000 / gets.seconds,
  ...(received ? { missing: due - received.messages, lost: received.lost } : {}),
});
