import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { type Parts, partsBetween, readParts } from '../read-parts.ts';
import { keptUsers } from '../requests.ts';
import type { Row } from '../row.ts';
import { type Stage, seed } from '../stage.ts';
import { untilSaved } from '../until-saved.ts';

const savedWithinMs = 60_000;
const writes = 12;
const writesPerSecond = 10;
const saveMs = 5_000; // a snapshot begins 2 s after the first write, and has ended by then

export const single: Row = {
  name: 'single',
  about:
    `${writes} PUTs one after another, ${writesPerSecond}/s, on an idle system: processor time of all processes a ` +
    'write, without what they use when idle; until the last answer, and until the snapshot behind it is saved',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster'],
  measure: async ({ options, signal }, { stage }) => {
    await untilSaved(stage.log, savedWithinMs);
    const idle = await spentIn(stage, () => pause(2 * options.seconds * 1_000, signal));
    const bursts: { written: Spent; saved: Spent }[] = [];
    for (let burst = 0; burst < Math.ceil(options.seconds / 2); burst += 1) {
      signal.throwIfAborted();
      const written = await spentIn(stage, () => writeBurst(stage, burst, signal));
      const saved = await spentIn(stage, () => pause(saveMs, signal));
      bursts.push({ written, saved });
    }
    const meanMs = (part: Part, spents: readonly Spent[]) =>
      spents.reduce((sum, spent) => sum + spent[part] - (idle[part] / idle.tookMs) * spent.tookMs, 0) /
      (bursts.length * writes);
    const written = bursts.map((burst) => burst.written);
    const figures = {
      writeCpuMs: meanMs('all', written),
      gatewayCpuMs: meanMs('gateways', written),
      aggregatorCpuMs: meanMs('aggregators', written),
      databaseCpuMs: meanMs('database', written),
      savedCpuMs: meanMs('all', [...written, ...bursts.map(({ saved }) => saved)]),
    };
    return [{ what: 'one write', figures }];
  },
};

const writeBurst = async (stage: Stage, burst: number, signal: AbortSignal): Promise<void> => {
  for (let write = 0; write < writes; write += 1) {
    await putOne(stage, burst * writes + write);
    await pause(1_000 / writesPerSecond, signal);
  }
};

type Part = keyof Parts | 'all';
type Spent = Awaited<ReturnType<typeof spentIn>>;

const spentIn = async (stage: Stage, body: () => Promise<void>) => {
  const [before, since] = [readParts(stage), performance.now()];
  await body();
  return { ...partsBetween(before, readParts(stage)), tookMs: performance.now() - since };
};

const putOne = async ({ system, path, users }: Stage, write: number): Promise<void> => {
  const { id } = makeUser(seed, keptUsers(users) + (write % Math.max(1, users - keptUsers(users))));
  const body = JSON.stringify({ group: Math.floor(Math.random() * 2 ** 31) });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${system.url}${path}/${id}`, { method: 'PUT', headers, body });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`Cannot update user "${id}": expected status 200, found ${answer.status}`);
};
