import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ToolOptions } from './run-tool.ts';

/** Where tools are installed, and what installing them needs. */
export type Place = {
  folder: string;
  environment: NodeJS.ProcessEnv;
  say: (text: string) => void;
  signal: AbortSignal;
};

/** A tool to install: its name, and what the user can do when it cannot be installed. */
export type Tool = { name: string; advice: string };

/**
 * Fills a new folder and renames it when it is complete, so that an interrupted installation leaves nothing. Throws an
 * error with the advice and the exit code 2 when that fails.
 */
export const installInto = async (
  folder: string,
  { name, advice }: Tool,
  { signal }: Place,
  fill: (fresh: string) => Promise<void>,
): Promise<void> => {
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-installing-`);
  try {
    await fill(fresh);
    await moveTo(fresh, folder);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(`Cannot install ${name}: ${reason}\n${advice}`), { exitCode: 2 });
  } finally {
    await rm(fresh, { recursive: true, force: true, maxRetries: 5 });
  }
};

const moveTo = (fresh: string, folder: string): Promise<void> =>
  rename(fresh, folder).catch((error) => {
    if (!existsSync(folder)) throw error; // otherwise another run was faster
  });

/** Returns how a tool of an installation runs in a folder: for at most ten minutes. Pure. */
export const toolOptionsOf = (
  { environment, signal }: Place,
  cwd: string,
  further: NodeJS.ProcessEnv = {},
): ToolOptions => ({ cwd, environment: { ...environment, ...further }, timeoutMs: 600_000, signal });
