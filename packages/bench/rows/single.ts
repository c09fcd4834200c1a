import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { type Parts, partsBetween, readParts } from '../read-parts.ts';
import { keptUsers } from '../requests.ts';
import type { Row } from '../row.ts';
import { seed } from '../stage.ts';
import { spreadOf } from '../statistics.ts';
import type { Target } from '../targets.ts';
import { untilSaved } from '../until-saved.ts';

const savedWithinMs = 60_000;
const writes = 8;
const writesPerSecond = 10;
// Regular tasks run once a second. In windows of whole seconds they run equally often.
const windowMs = 1_000;
const saveMs = 5_000; // a snapshot begins 2 s to 3 s after the first write, and has ended by then
const burstsMin = 6;

export const single: Row = {
  name: 'single',
  about:
    `bursts of ${writes} PUTs one after another, ${writesPerSecond}/s, on an idle system: processor time of all ` +
    'processes a write, more than in an idle second before the burst; until the last answer, and until the snapshot ' +
    'behind it is saved. The medians of the bursts',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster', 'plain'],
  measure: async ({ options, signal }, target) => {
    await untilSaved(target.stage.log, savedWithinMs);
    await pause(saveMs, signal);
    const bursts: Burst[] = [];
    for (let burst = 0; burst < Math.max(burstsMin, options.seconds); burst += 1) {
      signal.throwIfAborted();
      const idle = await spentIn(target, windowMs, async () => undefined);
      const written = await spentIn(target, windowMs, () => writeBurst(target, burst, signal));
      const saved = await spentIn(target, saveMs, async () => undefined);
      bursts.push({ idle, written, saved });
    }
    const figures = {
      writeCpuMs: writeMs('all', bursts),
      gatewayCpuMs: writeMs('gateways', bursts),
      aggregatorCpuMs: writeMs('aggregators', bursts),
      databaseCpuMs: writeMs('database', bursts),
      savedCpuMs: savedMs(bursts),
    };
    return [{ what: 'one write', figures }];
  },
};

const median = (values: readonly number[]): number => spreadOf(values).median;

type Spent = Parts & { all: number };
type Burst = Record<'idle' | 'written' | 'saved', Spent>;

const writeMs = (part: keyof Spent, bursts: readonly Burst[]) =>
  median(bursts.map(({ idle, written }) => (written[part] - idle[part]) / writes));

// the window is several times as long as the idle one, so the idle seconds of all bursts are its measure
const savedMs = (bursts: readonly Burst[]) => {
  const idle = median(bursts.map((burst) => burst.idle.all)) * (1 + saveMs / windowMs);
  return median(bursts.map(({ written, saved }) => (written.all + saved.all - idle) / writes));
};

const writeBurst = async (target: Target, burst: number, signal: AbortSignal): Promise<void> => {
  for (let write = 0; write < writes; write += 1) {
    await putOne(target, burst * writes + write);
    await pause(1_000 / writesPerSecond, signal);
  }
};

/** What the parts use within `ms` milliseconds, in which `body` runs. */
const spentIn = async (target: Target, ms: number, body: () => Promise<void>): Promise<Spent> => {
  const [before, since] = [readParts(target), performance.now()];
  await body();
  await pause(Math.max(0, ms - (performance.now() - since)));
  return partsBetween(before, readParts(target));
};

const putOne = async ({ url, stage: { path, users } }: Target, write: number): Promise<void> => {
  const { id } = makeUser(seed, keptUsers(users) + (write % Math.max(1, users - keptUsers(users))));
  const body = JSON.stringify({ group: Math.floor(Math.random() * 2 ** 31) });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}/${id}`, { method: 'PUT', headers, body });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`Cannot update user "${id}": expected status 200, found ${answer.status}`);
};
