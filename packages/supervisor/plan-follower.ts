import { EventEmitter } from 'node:events';
import { freeOr } from './free-or.ts';
import { launchProgram } from './launch-program.ts';
import { addProcess, type Group, isRefusal, type ProcessEvent, plan, processOf } from './managed-process.ts';
import type { SitePlan } from './plan-sites.ts';
import { describeEvent } from './print-events.ts';
import { openLineFormat } from './print-log.ts';
import type { RunningProcess } from './running.ts';

/** The name of the only process in the group of a follower. */
export const followerName = 'follower';

/** `say` prints a text. `onRefused`: the follower refused its settings, so a further start would end the same. */
export type FollowerOutput = { say: (text: string) => void; onRefused: () => void };

/**
 * Plans the follower of a site: a group of one process, which is started again whenever it dies. `words` are those of
 * node for `muster follow`.
 */
export const planFollower = (words: string[], { follow }: SitePlan, { say, onRefused }: FollowerOutput): Group => {
  const format = openLineFormat(false);
  const onEvent = (event: ProcessEvent) => {
    const text = event.kind === 'line' ? format(event.name, event.line).trimEnd() : describeEvent(event);
    if (text !== undefined) say(text);
    if (isRefusal(event)) onRefused();
  };
  const group: Group = { processes: new Map(), restart: true, onEvent, changes: new EventEmitter() };
  const launch = async (healthPort: number | undefined, onLine: (line: string) => void) => {
    const HEALTH_PORT = String(await freeOr(follow.HOST ?? '127.0.0.1', healthPort)); // as before, if it can
    return launchProgram(words, { ...follow, HEALTH_PORT }, onLine);
  };
  addProcess(
    group,
    plan(followerName, graceMs, ({ ready }, onLine) => launch(ready?.healthPort, onLine)),
  );
  return group;
};

const graceMs = 10_000;

/** Returns the pid and the health port of the follower of this site, if it runs now. */
export const runningFollowerOf = (group: Group, { name }: SitePlan): RunningProcess | undefined => {
  const { spawned, ready } = processOf(group, followerName);
  return spawned && { name: `${name} ${followerName}`, pid: spawned.pid, healthPort: ready?.healthPort };
};
