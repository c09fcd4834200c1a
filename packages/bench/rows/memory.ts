import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { openLoop } from '../measure-load.ts';
import { readMetrics } from '../read-metrics.ts';
import type { Measured, Row } from '../row.ts';
import { type Build, pidsOf, type Stage, seed, withStage } from '../stage.ts';
import { runGenerator } from '../start-child.ts';

const samples = 100;
const collectMs = 3_000;
const writesPerSecond = 300;
const heapNames = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'];
const delayNames = ['nodejs_eventloop_lag_p99_seconds', 'nodejs_eventloop_lag_max_seconds'];

export const memory: Row = {
  name: 'memory',
  about:
    'one aggregator: bytes of its heap a user after a garbage collection, against the JSON bytes of a user; delay of ' +
    `its event loop under ${writesPerSecond} POST/s`,
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const measured: Measured[] = [];
    for (const users of [0, ...bench.options.sizes]) {
      const own = await withStage(bench, { build: collecting(build), users, aggregators: 1 }, async (stage) => ({
        heapBytes: await readHeap(stage),
        jsonBytes: users === 0 ? Number.NaN : await readJsonBytes(stage),
        ...(await readDelays(stage, bench.options.seconds)),
      }));
      const userBytes = (own.heapBytes - (measured[0]?.figures.heapBytes ?? own.heapBytes)) / users;
      const figures = { users, ...own, userBytes, bytesRatio: userBytes / own.jsonBytes };
      measured.push({ what: `${users} users`, figures });
    }
    return measured;
  },
};

/** The same build, whose aggregators collect their garbage at SIGUSR2. */
const collecting = ({ name, programs }: Build): Build => {
  const script = "process.on('SIGUSR2', () => globalThis.gc())";
  const words = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(script)}`];
  return { name, programs: { ...programs, aggregator: [...words, ...programs.aggregator] } };
};

const readHeap = async ({ system, log }: Stage): Promise<number> => {
  for (const pid of pidsOf(system, system.aggregators)) process.kill(pid, 'SIGUSR2');
  await pause(collectMs);
  const [used = Number.NaN, external = Number.NaN] = await readMetrics(log, heapNames);
  return used + external;
};

/**
 * The delay of the event loop under a load, in milliseconds. An aggregator counts it from one reading of its metrics to
 * the next.
 */
const readDelays = async ({ system, log, path, users }: Stage, seconds: number) => {
  await readMetrics(log, delayNames);
  const load = openLoop('post', writesPerSecond, seconds);
  await runGenerator({ ...load, url: system.url, path, users, seed, warmSeconds: 0 });
  const [p99 = Number.NaN, most = Number.NaN] = await readMetrics(log, delayNames);
  return { loopP99Ms: p99 * 1_000, loopMostMs: most * 1_000 };
};

/** The mean length of a user as the API answers it. */
const readJsonBytes = async ({ system, path, users }: Stage): Promise<number> => {
  const sum = { bytes: 0 };
  for (let sample = 0; sample < samples; sample += 1) {
    const { id } = makeUser(seed, Math.floor((sample * users) / samples));
    const answer = await fetch(`${system.url}${path}/${id}`);
    sum.bytes += (await answer.arrayBuffer()).byteLength;
  }
  return sum.bytes / samples;
};
