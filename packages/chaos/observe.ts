import { isServing } from '@muster/placement';
import { defaultLeaseMs, pause } from '@muster/runtime';
import { inspectCopies } from '@muster/supervisor';
import type { Arena } from './arena.ts';

/** The metrics of a process, by name and labels. */
export type Figures = Map<string, number>;

/** What is observed of a Muster during the faults: its metrics and its live aggregators. Only this file changes it. */
export type Observed = {
  /** The last figures of each process, by `name pid`: a restarted process has a new entry. */
  figures: Map<string, Figures>;
  members: { at: number; serving: string[] }[];
  stop: AbortController;
  done: Promise<unknown>;
};

const inspectEveryMs = 1_000;

/** Inspects the processes every second until `stopObserving`. */
export const observe = (arena: Arena): Observed => {
  const observed: Observed = { figures: new Map(), members: [], stop: new AbortController(), done: Promise.resolve() };
  const { signal } = observed.stop;
  const watch = async () => {
    for (; !signal.aborted; await pause(inspectEveryMs, signal)) await inspect(arena, observed);
  };
  observed.done = watch();
  return observed;
};

/** Stops, after a last inspection. */
export const stopObserving = async (arena: Arena, observed: Observed): Promise<void> => {
  observed.stop.abort();
  await observed.done;
  await inspect(arena, observed);
};

/** Returns the sum of a figure over all processes and restarts. Counts only figures with all of these labels. Pure. */
export const figureOf = ({ figures }: Pick<Observed, 'figures'>, name: string, ...labels: string[]): number => {
  const wanted = (key: string) =>
    (key === name || key.startsWith(`${name}{`)) && labels.every((label) => key.includes(label));
  return [...figures.values()].reduce(
    (sum, one) => sum + [...one].reduce((own, [key, value]) => own + (wanted(key) ? value : 0), 0),
    0,
  );
};

/** Parses figures from the text format of Prometheus. Pure. */
export const parseFigures = (text: string): Figures => {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('muster_') && !line.startsWith('muster_http_seconds'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
};

const inspect = async (arena: Arena, observed: Observed) => {
  await Promise.all([...healthPortsOf(arena)].map(([key, port]) => inspectOne(observed, key, port)));
  const at = performance.now();
  const copies = await inspectCopies(arena.test.log, 1_000).catch(() => undefined);
  if (!copies) return;
  const { databaseNow, members } = copies;
  const serving = members.filter((member) => isServing(member, databaseNow, defaultLeaseMs));
  observed.members.push({ at, serving: serving.map(({ name }) => name) });
};

/** Reads the current figures of each process, by `name pid`. Leaves out processes that do not answer within 1 s. */
export const readFigures = async (arena: Pick<Arena, 'test' | 'happened'>): Promise<Map<string, Figures>> => {
  const seen: Pick<Observed, 'figures'> = { figures: new Map() };
  await Promise.all([...healthPortsOf(arena)].map(([key, port]) => inspectOne(seen, key, port)));
  return seen.figures;
};

const inspectOne = async (observed: Pick<Observed, 'figures'>, key: string, port: number) => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(1_000) });
    observed.figures.set(key, parseFigures(await response.text()));
  } catch {
    // the process is down or paused: keep its last figures
  }
};

// a process logs its health port when it starts; the port of a gateway is found nowhere else
const healthPortsOf = ({ test, happened }: Pick<Arena, 'test' | 'happened'>): Map<string, number> => {
  const ports = new Map<string, number>();
  for (const { event } of happened) {
    if (event.kind !== 'line' || !event.line.includes('"healthPort":')) continue;
    const { pid, healthPort } = JSON.parse(event.line) as { pid: number; healthPort: number };
    if (test.system.processes.get(event.name)?.spawned?.pid === pid) ports.set(`${event.name} ${pid}`, healthPort);
  }
  return ports;
};
