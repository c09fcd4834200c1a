import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { installInto, type Place, toolOptionsOf } from './install-into.ts';
import { runTool } from './run-tool.ts';

const source = 'github.com/tsenart/vegeta/v12';
const version = 'v12.13.0';
const checksum = 'h1:J/UiNS3f69MkL0tsRLVUUV8uXXQZxdRUchtS+GYiSFc=';
const advice = 'Install vegeta (https://github.com/tsenart/vegeta), or Go: this command then builds vegeta.';

/** A vegeta that can be run. `about` says which one it is. */
export type Vegeta = { path: string; about: string };

/**
 * Returns the vegeta on the PATH, or else one that Go builds once. Throws an error with the exit code 2 when both
 * vegeta and Go are missing, or when the build fails.
 */
export const findVegeta = async (place: Place): Promise<Vegeta> => {
  const onPath = await findOnPath('vegeta', place.environment);
  if (onPath !== undefined) return { path: onPath, about: 'vegeta of the PATH' };
  const folder = join(place.folder, 'vegeta', version);
  if (!existsSync(folder)) {
    place.say(`Building vegeta ${version} with Go, only once`);
    await installInto(folder, { name: 'vegeta', advice }, place, (fresh) => build(fresh, place));
  }
  return { path: join(folder, 'vegeta'), about: `vegeta ${version}` };
};

const build = async (fresh: string, place: Place): Promise<void> => {
  const options = toolOptionsOf(place, fresh, { GOBIN: fresh });
  await runTool('go', ['install', `${source}@${version}`], options);
  // Go also asks its checksum database, unless that is switched off
  const about = await runTool('go', ['version', '-m', join(fresh, 'vegeta')], options);
  if (!about.includes(checksum)) throw new Error(`expected the checksum ${checksum} of its source, found another`);
};

const findOnPath = async (name: string, { PATH = '' }: NodeJS.ProcessEnv): Promise<string | undefined> => {
  for (const folder of PATH.split(delimiter).filter((part) => part !== ''))
    if (await isExecutable(join(folder, name))) return join(folder, name);
  return undefined;
};

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
