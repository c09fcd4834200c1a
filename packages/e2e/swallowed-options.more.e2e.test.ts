import { execFile } from 'node:child_process';
import { findProjectRoot } from '@muster/embedded';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';

/** What a user types without the `--` that npm needs, and what the output must contain. */
const cases: { typed: string; shown: string }[] = [
  { typed: 'run scale --gateways 2', shown: 'npm run scale -- --gateways 2' },
  { typed: 'run scale 2 --restart', shown: 'npm run scale -- --restart 2' },
  { typed: 'run seed --users 10 --seed 4', shown: 'npm run seed -- --users <number> --seed <number>' },
  { typed: 'run seed --users=10', shown: 'npm run seed -- --users 10' },
  { typed: 'run verify --without-memory', shown: 'npm run verify -- --without-memory' },
  { typed: 'run bench --quick', shown: 'npm run bench -- --quick' },
  { typed: 'run chaos --minutes 1', shown: 'npm run chaos -- --minutes 1' },
  { typed: 'run chaos:mutants --minutes 5', shown: 'there is no option --minutes' },
  { typed: 'start --gateways 2', shown: 'GATEWAYS=2 npm start' },
];

describe('npm without the -- before an option', () => {
  for (const { typed, shown } of cases) {
    it(`refuses "npm ${typed}" and prints the correct command`, async () => {
      await using folder = await openTestFolder();
      const { code, output } = await runNpm(typed.split(' '), folder.path);
      expect(output).to.contain(shown);
      expect(code).to.equal(2);
    });
  }
});

/** Runs npm, for at most 30 s. Then npm gets SIGTERM and passes it on. */
const runNpm = (words: string[], dataPath: string): Promise<{ code: unknown; output: string }> => {
  const isOfNpm = (name: string) => name.startsWith('npm_');
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !isOfNpm(name) && name !== 'NODE_OPTIONS'),
  );
  const options = { cwd: findProjectRoot(), env: { ...environment, DATA: dataPath, MONGODB_URI: '' }, timeout: 30_000 };
  return new Promise((resolve) => {
    execFile('npm', words, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
};
