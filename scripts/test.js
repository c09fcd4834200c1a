import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, ensureInstalled, root } from './install.js';

/** Runs the steps one after another, also after a failed step, until Ctrl-C. Returns the exit code. */
const main = async ([kind]) => {
  const steps = stepsFor(kind);
  if (steps === undefined) {
    const names = [...kinds, more].map(({ name }) => name).join(', ');
    console.error(
      `Cannot run tests of kind ${JSON.stringify(kind)}: expected ${names}, or no kind to run all except more`,
    );
    return 2;
  }
  checkNode();
  ensureInstalled();
  const results = [];
  for (const step of steps) {
    results.push(await report(step));
    if (results.at(-1).isInterrupted) break;
  }
  for (const result of results) printFailures(result);
  const passed = sum(results, 'passed');
  const failed = sum(results, 'failed');
  const skipped = sum(results, 'skipped');
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 ? 1 : 0;
};

/** Repeats at the end what failed: who sees only the last lines of a long output must not look further. */
const printFailures = ({ name, failed, failures = [], problems = [] }) => {
  if (failed === 0) return;
  console.log(`\n── ${name}: FAILED`);
  for (const problem of problems) console.log(problem);
  for (const { title, error } of failures) console.log(`${title}\n${error}`);
};

const isMore = (path) => path.includes('.more.');
const isIntegration = (path) => path.endsWith('.integration.test.ts') && !isMore(path);
const isE2e = (path) => path.endsWith('.e2e.test.ts');
const isUnit = (path) => !path.endsWith('.integration.test.ts') && !isE2e(path) && !isMore(path);

const kinds = [
  { name: 'unit', has: isUnit, testMs: 30_000, stepMs: 300_000 },
  { name: 'integration', has: isIntegration, testMs: 60_000, stepMs: 400_000 },
  { name: 'e2e', has: (path) => isE2e(path) && !isMore(path), testMs: 120_000, stepMs: 900_000 },
];

// tests that are too slow for each run: run them by name, or before a release
const isLonger = (path) => isMore(path) || path.endsWith('wire/fuzz.test.ts');
const environment = { FUZZ_CASES: '1000000', ...process.env };
const more = { name: 'more', has: isLonger, testMs: 120_000, stepMs: 1_500_000, environment };

const stepsFor = (kind) => {
  const build = { name: 'build', words: [inScripts('build.js')], stepMs: 60_000 };
  if (kind === undefined) return [lint, sources, types, build, ...kinds.map(testStep)];
  const chosen = [...kinds, more].find(({ name }) => name === kind);
  if (chosen === undefined) return undefined;
  return kind === 'unit' ? [testStep(chosen)] : [build, testStep(chosen)];
};

const inPackages = (path) => join(root, 'node_modules', path);
const inScripts = (name) => join(root, 'scripts', name);

const lint = {
  name: 'lint',
  words: [inPackages('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
  stepMs: 60_000,
};
const sources = { name: 'sources', words: [inScripts('check-sources.js')], stepMs: 30_000 };
const types = { name: 'types', words: [inPackages('typescript/bin/tsc'), '--noEmit'], stepMs: 120_000 };

const testStep = ({ name, has, testMs, stepMs, environment: env }) => {
  const files = ['packages', 'examples'].flatMap((folder) => filesIn(folder).filter(has).sort());
  const words = [
    '--import',
    'tsx',
    inPackages('mocha/bin/mocha.js'),
    '--forbid-only',
    // unit tests share nothing: no database, port or file
    ...(name === 'unit' ? ['--parallel', '--jobs', '2'] : []),
    '--timeout',
    String(testMs),
    '--reporter',
    inScripts('count-reporter.cjs'),
  ];
  return {
    name: `${name} tests`,
    words: [...words, ...files],
    isTest: true,
    isEmpty: files.length === 0,
    stepMs,
    env,
  };
};

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith('.test.ts') && !/node_modules|template/.test(path))
    .map((path) => join(folder, path));

const report = async (step) => {
  console.log(`\n── ${step.name}`);
  if (step.isEmpty) {
    console.log('none');
    return { passed: 0, failed: 0, skipped: 0, isInterrupted: false };
  }
  const startedAt = Date.now();
  const result = await runStep(step);
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  for (const problem of result.problems) console.log(`── ${step.name}: ${problem}`);
  console.log(`── ${step.name}: ${result.failed > 0 ? 'FAILED' : 'ok'} after ${seconds} s`);
  return { name: step.name, ...result };
};

/**
 * Runs node with the step's arguments, at most `stepMs` milliseconds. It runs in its own process group, so that all its
 * processes can be killed.
 */
const runStep = ({ words, isTest, stepMs, env }) =>
  new Promise((resolve) => {
    const problems = [];
    let counts = { passed: 0, failed: 0, skipped: 0, ended: false };
    const child = spawn(process.execPath, words, {
      cwd: root,
      env: env ?? process.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    const end = (problem) => {
      problems.push(problem);
      killGroup(child.pid, 'SIGKILL');
    };
    const late = setTimeout(() => end(`killed, because it took more than ${stepMs / 1_000} s`), stepMs);
    let leak;
    let isInterrupted = false;
    const onSignal = (signal) => {
      isInterrupted = true;
      problems.push(`interrupted by ${signal}`);
      killGroup(child.pid, 'SIGTERM');
      setTimeout(() => killGroup(child.pid, 'SIGKILL'), 5_000).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, onSignal);
    child.on('message', (message) => {
      if (message?.kind !== 'counts') return;
      counts = message;
      if (message.ended)
        leak = setTimeout(
          () => end(`killed, because it still ran ${leakMs / 1_000} s after the last test: a test left a handle open`),
          leakMs,
        );
    });
    child.once('exit', (code, signal) => {
      for (const timer of [late, leak]) clearTimeout(timer);
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, onSignal);
      const hasCrashed = signal !== null || (code !== 0 && counts.failed === 0) || (isTest && !counts.ended);
      if (hasCrashed && problems.length === 0)
        problems.push(signal === null ? `ended with exit code ${code}` : `ended with signal ${signal}`);
      resolve({ ...counts, failed: counts.failed + (hasCrashed ? 1 : 0), problems, isInterrupted });
    });
  });

const leakMs = 15_000;

const killGroup = (pid, signal) => {
  try {
    process.kill(-pid, signal);
  } catch {
    // all its processes have ended
  }
};

const sum = (results, name) => results.reduce((total, result) => total + result[name], 0);

process.exitCode = await main(process.argv.slice(2));
