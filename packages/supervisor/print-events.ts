import { describeExit } from '@muster/embedded';
import type { ProcessEvent } from './managed-process.ts';

/** Returns what to print about an event, or undefined for nothing. Pure. */
export const describeEvent = (event: ProcessEvent): string | undefined => {
  switch (event.kind) {
    case 'line':
    case 'started':
      return undefined;
    case 'ready':
      return `${event.name} is ready (pid ${event.pid})`;
    case 'stopped':
      return `${event.name} has stopped`;
    case 'died':
      return [
        `${event.name} died (${describeExit(event.exit)})${describeRestart(event.restartMs)}`,
        ...adviceOn(event),
      ].join('\n');
    case 'unstartable':
      return `Cannot start ${event.name}${describeRestart(event.restartMs)}: ${event.problem}`;
  }
};

const describeRestart = (restartMs: number | undefined) =>
  restartMs === undefined ? '' : `, next start in ${restartMs} ms`;

const adviceOn = ({ name, wasReady, failures }: ProcessEvent & { kind: 'died' }) => {
  if (wasReady || failures < 3) return [];
  const advice =
    name === 'mongodb'
      ? 'Read mongodb.log in the data folder'
      : 'Read its lines above and check that MongoDB can be reached. LOG_LEVEL=debug logs more';
  return [`  It has failed ${failures} times in a row before it was ready. ${advice}`];
};
