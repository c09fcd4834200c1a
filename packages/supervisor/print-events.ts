import { describeExit } from '@muster/embedded';
import type { ProcessEvent } from './managed-process.ts';

/** What to print about an event; undefined for nothing. Pure. */
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
      return `${event.name} cannot be started${describeRestart(event.restartMs)}: ${event.problem}`;
  }
};

const describeRestart = (restartMs: number | undefined) =>
  restartMs === undefined ? '' : `, starting it again in ${restartMs} ms`;

const adviceOn = ({ name, wasReady, failures }: ProcessEvent & { kind: 'died' }) => {
  if (wasReady || failures < 3) return [];
  const where =
    name === 'mongodb'
      ? 'what it wrote to mongodb.log in the data folder'
      : `its lines above, and whether MongoDB can be reached; LOG_LEVEL=debug says more`;
  return [`  it has failed ${failures} times in a row without getting ready: look at ${where}`];
};
