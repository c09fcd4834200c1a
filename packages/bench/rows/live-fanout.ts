import { broadcast, templateOf } from '../broadcast.ts';
import { liveSettings } from '../live-settings.ts';
import { type LiveLoad, type LiveMeasured, measureLive } from '../measure-live.ts';
import { requireOpenFiles } from '../open-files.ts';
import { openSubscribers } from '../open-subscribers.ts';
import { pin } from '../pinning.ts';
import { readCpuMs } from '../read-cpu.ts';
import type { Bench, Figures, Measured, Row } from '../row.ts';
import { withStage } from '../stage.ts';
import { type Child, startChild } from '../start-child.ts';
import type { Received, SubscribeSpec } from '../subscribe-spec.ts';
import { summarizeArrivals } from '../summarize-arrivals.ts';
import { musterOf, type Target } from '../targets.ts';

const many = 200;
const postsPerSecond = 500;
const getsPerSecond = 500;
const usersMax = 20_000;
const roundsMax = 2; // so that the row ends within about two minutes
const secondsMax = 3;
const settings = liveSettings(2 * many);

export const liveFanout: Row = {
  name: 'live-fanout',
  about:
    `${many} subscribers of all users, POST at ${postsPerSecond}/s and GET at ${getsPerSecond}/s in open loops; ` +
    'against servers that broadcast the same bytes',
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    requireOpenFiles(many);
    const { options, signal } = bench;
    const users = Math.min(usersMax, options.users);
    return await withStage(bench, { build, users, settings }, async (stage) => {
      await using broadcaster = await startBroadcaster(bench);
      const target = musterOf(stage);
      const load = { getsPerSecond, postsPerSecond, seconds: Math.min(secondsMax, options.seconds) };
      const { message } = await warmUp(target, broadcaster, load);
      const measured: Measured[] = [];
      for (let round = 1; round <= Math.min(roundsMax, options.rounds); round += 1) {
        signal.throwIfAborted();
        measured.push(...(await measureRound(target, broadcaster, load, message, round % 2 === 0)));
      }
      return measured;
    });
  },
};

/** Starts a broadcaster where the targets run. */
export const startBroadcaster = async ({ environment, pinning }: Bench): Promise<Child> => {
  const child = await startChild('bench-broadcaster', environment);
  if (pinning) await pin(child.pid, pinning.target);
  return child;
};

const limits = [
  { what: 'ws', protocol: 'websocket' },
  { what: 'node:http', protocol: 'sse' },
] as const;

/** The first second of everything, which is not measured. Returns a message of the feed. */
const warmUp = async (target: Target, broadcaster: Child, load: LiveLoad): Promise<{ message: string }> => {
  const { received } = await measureSubscribed(target, { ...load, seconds: 1 }, many);
  const message = templateOf(received?.message ?? '');
  for (const { protocol } of limits)
    await measureLimit(broadcaster, protocol, { message, seconds: 1, perBatch: 1 }, many);
  return { message };
};

const measureSubscribed = async (target: Target, load: LiveLoad, connections: number): Promise<LiveMeasured> => {
  if (connections === 0) return await measureLive(target, load, undefined);
  const { url, stage } = target;
  const paths = [`${stage.path}/events`];
  await using subscribers = await openSubscribers({ url, protocol: 'sse', paths, connections });
  return await measureLive(target, load, subscribers);
};

const measureRound = async (
  target: Target,
  broadcaster: Child,
  load: LiveLoad,
  message: string,
  isReversed: boolean,
): Promise<Measured[]> => {
  const counts = isReversed ? [many, 1, 0] : [0, 1, many];
  const found = new Map<number, LiveMeasured>();
  for (const count of counts) found.set(count, await measureSubscribed(target, load, count));
  const [none, one, all] = [0, 1, many].map((count) => found.get(count) as LiveMeasured);
  if (!none || !one || !all) return [];
  const perBatch = Math.max(1, Math.round(perArrival(all.received)));
  const ofLimits: Measured[] = [];
  for (const { what, protocol } of isReversed ? limits.toReversed() : limits) {
    const task = { message, seconds: load.seconds, perBatch };
    const [few, most] = [
      await measureLimit(broadcaster, protocol, task, 1),
      await measureLimit(broadcaster, protocol, task, many),
    ];
    ofLimits.push({
      what: `${what}, ${many} connections`,
      figures: { ...most.figures, messageCpuMicros: perMessage(few, most) },
    });
  }
  const messageCpuMicros = perMessage(costOf(one), costOf(all));
  const ratioTo = (what: string) =>
    messageCpuMicros /
    (ofLimits.find((limit) => limit.what.startsWith(`${what},`))?.figures.messageCpuMicros ?? Number.NaN);
  return [
    { what: 'no subscriber', figures: figuresOf(none) },
    { what: '1 subscriber', figures: figuresOf(one) },
    {
      what: `${many} subscribers`,
      figures: {
        ...figuresOf(all),
        getRatio: all.gets.p99Ms / none.gets.p99Ms,
        messageCpuMicros,
        wsRatio: ratioTo('ws'),
        httpRatio: ratioTo('node:http'),
      },
    },
    ...ofLimits,
  ];
};

const figuresOf = ({ gets, posts, windowMs, received, due }: LiveMeasured): Figures => ({
  getP50Ms: gets.p50Ms,
  getP99Ms: gets.p99Ms,
  postP99Ms: posts?.p99Ms ?? Number.NaN,
  failed: gets.failed + (posts?.failed ?? 0),
  gatewayShare: windowMs / 1_000 / gets.seconds,
  ...(received ? receivedFigures(received, due, gets.seconds) : {}),
  ...(received ? summarizeArrivals(posts?.answers ?? [], received.samples) : {}),
});

const receivedFigures = (received: Received, due: number, seconds: number): Figures => ({
  missing: due - received.messages,
  lost: received.lost,
  perArrival: perArrival(received),
  messageBytes: received.bytes / received.messages,
  subscriberShare: received.ownMs / 1_000 / seconds,
});

const perArrival = (received: Received | undefined): number =>
  received === undefined || received.arrivals === 0 ? 1 : received.messages / received.arrivals;

/** The processor time of a server for some events, and how many connections got them. */
type Cost = { ms: number; events: number; connections: number };

const costOf = ({ gatewayMs, posts, due }: LiveMeasured): Cost => ({
  ms: gatewayMs,
  events: posts?.statuses['201'] ?? Number.NaN,
  connections: Math.round(due / (posts?.statuses['201'] ?? Number.NaN)),
});

/** The processor time of one event for one more connection, in microseconds. */
const perMessage = (few: Cost, most: Cost): number =>
  ((most.ms / most.events - few.ms / few.events) * 1_000) / (most.connections - few.connections);

const measureLimit = async (
  broadcaster: Child,
  protocol: SubscribeSpec['protocol'],
  { message, seconds, perBatch }: { message: string; seconds: number; perBatch: number },
  connections: number,
): Promise<Cost & { figures: Figures }> => {
  const { url, pid } = broadcaster;
  await using subscribers = await openSubscribers({ url, protocol, paths: ['/events'], connections });
  const before = readCpuMs([pid]);
  await broadcast(url, { message, perSecond: postsPerSecond, perBatch, seconds });
  const ms = readCpuMs([pid]) - before;
  const events = Math.ceil((postsPerSecond * seconds) / perBatch) * perBatch;
  const due = events * connections;
  const received = await subscribers.receive(due);
  const answers = received.samples.map(([dueAt]) => [dueAt, Number.NaN] as const);
  const { arrivalP50Ms = Number.NaN, arrivalP99Ms = Number.NaN } = summarizeArrivals(answers, received.samples);
  const figures = {
    gatewayShare: ms / 1_000 / seconds,
    ...receivedFigures(received, due, seconds),
    ...{ arrivalP50Ms, arrivalP99Ms },
  };
  return { ms, events, connections, figures };
};
