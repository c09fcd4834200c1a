import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { sumMetrics } from '../read-metrics.ts';
import type { Measured, Row } from '../row.ts';
import { type Build, pidsOf, type Stage, seed, withStage } from '../stage.ts';

const samples = 100;
const collectMs = 3_000;

export const memory: Row = {
  name: 'memory',
  about: 'one aggregator: bytes of its heap a user after a garbage collection, against the JSON bytes of a user',
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const measured: Measured[] = [];
    const sizes = bench.options.sizes;
    for (const users of [0, ...sizes]) {
      const bytes = await withStage(bench, { build: collecting(build), users, aggregators: 1 }, async (stage) => ({
        heap: await readHeap(stage),
        json: users === 0 ? Number.NaN : await readJsonBytes(stage),
      }));
      const empty = measured[0]?.figures.heapBytes ?? bytes.heap;
      const userBytes = (bytes.heap - empty) / users;
      const figures = {
        users,
        heapBytes: bytes.heap,
        userBytes,
        jsonBytes: bytes.json,
        bytesRatio: userBytes / bytes.json,
      };
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
  return await sumMetrics(log, ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes']);
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
