import { type Log, openLog } from '@muster/store';
import { findSystem } from './find-system.ts';

/**
 * Runs `work` on the database of the running system. `work` returns why it failed, or undefined. Prints that, with what
 * could not be done. Returns the exit code: 0, or 2 when it failed.
 */
export const onDatabase = async (
  environment: NodeJS.ProcessEnv,
  what: string,
  print: (text: string) => void,
  work: (log: Log) => Promise<string | undefined>,
): Promise<number> => {
  const problem = await findProblem(environment, work);
  if (problem === undefined) return 0;
  print(`Cannot ${what}: ${problem}`);
  return 2;
};

const findProblem = async (
  environment: NodeJS.ProcessEnv,
  work: (log: Log) => Promise<string | undefined>,
): Promise<string | undefined> => {
  const system = await findSystem(environment);
  if (system.kind === 'problems') return system.problems.join('; ');
  await using log = openLog({ uri: system.uri, database: system.database, appName: 'muster-cli' });
  // awaited here, as the log is closed when this function returns
  return await work(log).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
};
