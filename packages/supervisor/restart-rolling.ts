import type { Environment } from '@muster/runtime';
import {
  type Changed,
  type ChangeOptions,
  changeSystem,
  takeFullStep,
  takeRestStep,
  takeStep,
  usualReadyMs,
} from './change-system.ts';
import { changeSettings, processOf, startProcess, stopProcess, waitReady } from './managed-process.ts';
import { keepSettings, namesOf, type Role, type System } from './system.ts';

export type Restart = {
  /** `aggregators` (the default), `gateways`, or the name of one process. */
  only?: string;
  /** Settings to change for the restarted processes. If all of a role are restarted, later processes get them too. */
  settings?: Environment;
};

/**
 * Restarts processes one at a time. Before it stops an aggregator, it waits until every partition has its copies. If a
 * process does not get ready with changed settings, it is started with its earlier settings, and the change ends.
 */
export const restartRolling = (
  system: System,
  { only = 'aggregators', settings = {} }: Restart,
  options: ChangeOptions = {},
): Promise<Changed> => {
  const role = roleOf(only);
  const names = namesFor(system, only);
  if (names.length === 0)
    return Promise.resolve({ kind: 'refused', problem: `Cannot restart "${only}": ${expectation(system)}` });
  return changeSystem(system, `restart ${only}`, options, async () => {
    for (const name of names) {
      if (role === 'aggregator') await takeFullStep(name, system.aggregators, options);
      await takeStep(`restart ${name}`, options, () => restartOne(system, name, settings, options));
    }
    if (names.length === namesOf(system, role).length)
      keepSettings(system, role, { ...system.settings[role], ...settings });
    if (role === 'aggregator') await takeRestStep(system.aggregators, options);
  });
};

const roleOf = (only: string): Role => (only.startsWith('gateway') ? 'gateway' : 'aggregator');

const namesFor = (system: System, only: string): readonly string[] => {
  const names = [...namesOf(system, roleOf(only))];
  return only === 'gateways' || only === 'aggregators' ? names : names.filter((name) => name === only);
};

const expectation = ({ gateways, aggregators }: System) =>
  `expected gateways, aggregators, or one of ${[...gateways, ...aggregators].join(', ')}`;

const restartOne = async (
  system: System,
  name: string,
  settings: Environment,
  options: ChangeOptions,
): Promise<void> => {
  const { settings: before } = processOf(system, name);
  try {
    await startWith(system, name, { ...before, ...settings }, options);
  } catch (error) {
    if (options.signal?.aborted || Object.keys(settings).length === 0) throw error;
    // the first error is the one to report; the events of the process show whether the second start succeeds
    await startWith(system, name, before, options).catch(() => undefined);
    const why = error instanceof Error ? error.message : error;
    throw new Error(
      `${why}\n${name} was started again with its earlier settings. The processes after it were not restarted`,
    );
  }
};

const startWith = async (
  system: System,
  name: string,
  settings: Environment,
  { readyWithinMs = usualReadyMs, signal }: ChangeOptions,
): Promise<void> => {
  await stopProcess(system, name);
  changeSettings(system, name, settings);
  signal?.throwIfAborted();
  await startProcess(system, name);
  await waitReady(system, name, readyWithinMs, signal);
};
