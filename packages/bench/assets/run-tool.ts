import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** How a tool runs. `timeoutMs` is in milliseconds; then, and when the signal aborts, it is killed. */
export type ToolOptions = { cwd: string; environment: NodeJS.ProcessEnv; timeoutMs: number; signal: AbortSignal };

/**
 * Runs a tool and returns what it prints. Throws when it cannot be started, takes too long, or ends with another exit
 * code than 0. Then all processes that it started are killed with it.
 */
export const runTool = async (file: string, words: readonly string[], options: ToolOptions): Promise<string> => {
  options.signal.throwIfAborted();
  // a process group of its own: a compiler that the tool started is killed with it
  const { cwd, environment: env } = options;
  const child = spawn(file, words, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const over = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const kill = () => killGroup(child.pid);
  over.addEventListener('abort', kill, { once: true });
  try {
    const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    options.signal.throwIfAborted();
    if (code === 0) return output;
    const outcome = over.aborted ? `took longer than ${options.timeoutMs} ms` : `ended with exit code ${code}`;
    throw new Error(`${file} ${words.join(' ')} ${outcome}: ${(errors || output).trim().slice(-errorCharacters)}`);
  } finally {
    over.removeEventListener('abort', kill);
  }
};

const errorCharacters = 1_500;

const killGroup = (pid: number | undefined) => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
};
