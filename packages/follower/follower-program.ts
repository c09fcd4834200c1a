import type { Entity } from '@muster/model';
import { type Environment, runProgram } from '@muster/runtime';
import { runFollower } from './run-follower.ts';

/**
 * Runs this process as a follower of other sites. `environmentOf` completes the environment, for example with the
 * database of a running system. When it is ready, it sends the port of its health to its parent process.
 */
export const followerProgram = (
  entities: readonly Entity[],
  environmentOf: (given: NodeJS.ProcessEnv) => Promise<Environment>,
): Promise<void> =>
  runProgram('muster-follower', async (given, signal) =>
    runFollower(entities, await environmentOf(given as NodeJS.ProcessEnv), signal, (healthPort) =>
      process.send?.({ kind: 'ready', healthPort }),
    ),
  );
