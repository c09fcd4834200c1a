import {
  type Changed,
  type ChangeOptions,
  changeSystem,
  takeFullStep,
  takeRestStep,
  takeStep,
  usualReadyMs,
} from './change-system.ts';
import { startProcess, waitReady } from './managed-process.ts';
import { addNext, namesOf, type Role, removeOne, type System } from './system.ts';

/** The wanted numbers of processes, from 1. A role that is left out keeps its number. */
export type Wanted = { aggregators?: number; gateways?: number };

/**
 * Starts the missing processes, then stops the highest-numbered surplus ones, and waits until all copies are complete.
 * If a new process does not get ready, it stops all processes that this call started. The others are not affected.
 */
export const scaleSystem = (system: System, wanted: Wanted, options: ChangeOptions = {}): Promise<Changed> => {
  const before = { aggregators: system.aggregators.length, gateways: system.gateways.length };
  const { aggregators = before.aggregators, gateways = before.gateways } = wanted;
  return changeSystem(system, describeWanted(wanted), options, async () => {
    // start before stop: there are never fewer processes than the smaller of the two numbers
    await startFurther(
      system,
      [...repeated('gateway', gateways - before.gateways), ...repeated('aggregator', aggregators - before.aggregators)],
      options,
    );
    await stopLast(system, 'gateway', gateways, options);
    await stopLast(system, 'aggregator', aggregators, options);
    if (aggregators !== before.aggregators) await takeRestStep(system.aggregators, options);
  });
};

/** The wanted numbers in words, as in `scale to 5 aggregators`. Pure. */
export const describeWanted = ({ aggregators, gateways }: Wanted): string => {
  const parts = [counted(aggregators, 'aggregator'), counted(gateways, 'gateway')].flat();
  return `scale to ${parts.join(' and ')}`;
};

const counted = (count: number | undefined, noun: Role) =>
  count === undefined ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`];

const repeated = (role: Role, count: number): Role[] => Array.from({ length: Math.max(0, count) }, () => role);

const startFurther = async (system: System, roles: Role[], options: ChangeOptions): Promise<void> => {
  const { readyWithinMs = usualReadyMs, signal } = options;
  if (roles.length === 0) return;
  signal?.throwIfAborted();
  const names = roles.map((role) => addNext(system, role));
  const start = async (name: string) => {
    await startProcess(system, name);
    await waitReady(system, name, readyWithinMs, signal);
  };
  try {
    await takeStep(`start ${names.join(', ')}`, options, () => Promise.all(names.map(start)));
  } catch (error) {
    await Promise.all(names.map((name) => removeOne(system, name)));
    const problem = error instanceof Error ? error.message : error;
    throw new Error(`${problem}\nStopped the new processes again: ${names.join(', ')}. The others run as before`);
  }
};

const stopLast = async (system: System, role: Role, wanted: number, options: ChangeOptions): Promise<void> => {
  const leaving = namesOf(system, role).slice(wanted).reverse();
  for (const name of leaving) {
    // only the remaining aggregators must serve: the one that is stopped may be broken
    if (role === 'aggregator') await takeFullStep(name, system.aggregators.slice(0, wanted), options);
    await takeStep(`stop ${name}`, options, async () => {
      const exit = await removeOne(system, name);
      if (exit?.signal === 'SIGKILL')
        options.onStep?.({ kind: 'remark', text: `${name} did not stop in time and was killed` });
    });
  }
};
