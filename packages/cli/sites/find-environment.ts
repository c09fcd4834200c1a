import { findSystem } from '../find-system.ts';

/**
 * Completes the environment of a follower with the database of the system that runs on the data folder, if MONGODB_URI
 * is not set. Throws an Error with the exit code 2 when there is none.
 */
export const findEnvironment = async (given: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> => {
  if (given.MONGODB_URI) return given;
  const system = await findSystem(given);
  if (system.kind === 'found') return { ...given, MONGODB_URI: system.uri };
  throw Object.assign(new Error(`Cannot follow: ${system.problems.join('; ')}`), { exitCode: 2 });
};
