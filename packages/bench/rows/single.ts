import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { type Parts, partsBetween, readParts } from '../read-parts.ts';
import { keptUsers } from '../requests.ts';
import type { Row } from '../row.ts';
import { type Stage, seed } from '../stage.ts';
import { untilSaved } from '../until-saved.ts';

const savedWithinMs = 60_000;
const writesPerSecond = 4;
const saveMs = 3_000; // a snapshot follows the last write within this

export const single: Row = {
  name: 'single',
  about:
    'one PUT at a time on an idle system: processor time of all processes a write, without what they use when idle',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster'],
  measure: async ({ options, signal }, { stage }) => {
    await untilSaved(stage.log, savedWithinMs);
    const idleMs = options.seconds * 1_000;
    const idle = await spentIn(stage, () => pause(idleMs, signal));
    const writes = options.seconds * writesPerSecond;
    const busy = await spentIn(stage, async () => {
      for (let write = 0; write < writes; write += 1) {
        await putOne(stage, write);
        await pause(1_000 / writesPerSecond, signal);
      }
      await pause(saveMs, signal);
    });
    const eachMs = (part: keyof Parts | 'all') => (busy[part] - (idle[part] / idle.tookMs) * busy.tookMs) / writes;
    const figures = {
      writeCpuMs: eachMs('all'),
      gatewayCpuMs: eachMs('gateways'),
      aggregatorCpuMs: eachMs('aggregators'),
      databaseCpuMs: eachMs('database'),
    };
    return [{ what: 'one write', figures }];
  },
};

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
