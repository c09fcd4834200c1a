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

/** How many processes there shall be, from 1; a role that is left out stays as it is. */
export type Wanted = { aggregators?: number; gateways?: number };

/**
 * Starts further processes beside those that run, then stops the highest-numbered ones, until there are as many as
 * wanted and all copies are held. When a new one does not get ready, all that this call started are stopped again, and
 * the others go on as before.
 */
export const scaleSystem = (system: System, wanted: Wanted, options: ChangeOptions = {}): Promise<Changed> => {
  const before = { aggregators: system.aggregators.length, gateways: system.gateways.length };
  const { aggregators = before.aggregators, gateways = before.gateways } = wanted;
  return changeSystem(system, describeWanted(wanted), options, async () => {
    // first who comes: at no moment are there fewer than before and after
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

/** What is asked for, in words. Pure. */
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
    throw new Error(
      `${error instanceof Error ? error.message : error}\nStopped again: ${names.join(', ')}. The others run as before`,
    );
  }
};

const stopLast = async (system: System, role: Role, wanted: number, options: ChangeOptions): Promise<void> => {
  const leaving = namesOf(system, role).slice(wanted).reverse();
  for (const name of leaving) {
    // who leaves needs others that can take over; whether it is well itself does not matter any more
    if (role === 'aggregator') await takeFullStep(name, system.aggregators.slice(0, wanted), options);
    await takeStep(`stop ${name}`, options, async () => {
      const exit = await removeOne(system, name);
      if (exit?.signal === 'SIGKILL')
        options.onStep?.({ kind: 'remark', text: `${name} did not end by itself and was killed` });
    });
  }
};
