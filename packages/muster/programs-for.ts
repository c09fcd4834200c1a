import { fileURLToPath } from 'node:url';
import type { SystemOptions } from '@muster/supervisor';

/**
 * How `muster start` runs its programs: this command again, with the same entities. What is loaded here is the file of
 * the command itself, as `process.argv` names it.
 */
export const programsFor = (entitiesPath: string): NonNullable<SystemOptions['programs']> => {
  const command = commandPath();
  const words = (role: string) => [command, role, '--entities', entitiesPath];
  return { gateway: words('gateway'), aggregator: words('aggregator') };
};

/** Returns the file of the command `muster`: the bundle that holds this code, or with several chunks, beside them. */
export const commandPath = (): string => {
  const here = fileURLToPath(import.meta.url);
  return here.endsWith('muster.js') ? here : fileURLToPath(new URL('./command.js', import.meta.url));
};
