import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '@muster/embedded';
import { openTestFolder, until } from '@muster/testing';
import { expect } from 'chai';
import { runTool } from './run-tool.ts';

const never = new AbortController().signal;
const runShell = (script: string, cwd = '.', timeoutMs = 20_000, signal = never) =>
  runTool('sh', ['-c', script], { cwd, environment: process.env, timeoutMs, signal });

const failureOf = (running: Promise<string>): Promise<string> =>
  running.then(
    (output) => `no failure, but ${output}`,
    (error) => String(error),
  );

describe('A tool of bench:assets', function () {
  this.timeout(30_000);

  it('returns what it prints', async () => expect(await runShell('echo one; echo two >&2')).to.equal('one\n'));

  it('fails with its last words', async () =>
    expect(await failureOf(runShell('echo why >&2; exit 3'))).to.match(/ended with exit code 3: why$/));

  it('fails when it cannot be started, or takes too long', async () => {
    const run = runTool('no-such-tool', [], { cwd: '.', environment: process.env, timeoutMs: 1_000, signal: never });
    expect(await failureOf(run)).to.contain('ENOENT');
    expect(await failureOf(runShell('sleep 300', '.', 100))).to.contain('took longer than 100 ms');
  });

  it('ends with its own children when the signal aborts', async () => {
    await using folder = await openTestFolder();
    const stop = new AbortController();
    const failure = failureOf(runShell('sleep 300 & echo $! > started; wait', folder.path, 20_000, stop.signal));
    const readPid = async () => Number(await readFile(join(folder.path, 'started'), 'utf8').catch(() => '0'));
    await until('the child of the tool runs', async () => (await readPid()) > 0);
    const pid = await readPid();
    stop.abort();
    expect(await failure).to.contain('AbortError');
    await until('the child has ended', async () => !(await isRunning(pid, 'sleep')));
  });
});
