import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkNode, ensureInstalled, root } from './install.js';

// Applies each mutant, which breaks Muster at one place, and checks that the fault campaign or a test detects it.
// Usage: npm run chaos:mutants [-- PART_OF_A_NAME …]. Each patch says what it breaks, and which faults or test must
// detect it. These must pass on the unchanged code, and fail on the mutant.

const minutes = { control: 0.2, hunt: 2 };
const patches = join(root, 'packages', 'chaos', 'mutants');

const main = () => {
  const wanted = process.argv.slice(2);
  const option = wanted.find((word) => word.startsWith('-')) ?? optionsOfChaos.find(wasKeptByNpm);
  if (option)
    return fail(
      `Cannot run the mutants: there is no option ${option}; expected parts of names, for example\n` +
        `  npm run chaos:mutants -- checkpoint`,
    );
  checkNode();
  ensureInstalled();
  const names = readdirSync(patches).filter(
    (name) => name.endsWith('.patch') && (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  );
  if (names.length === 0)
    return fail(`Cannot find a mutant whose name contains ${wanted.join(' or ')}: the mutants are in ${patches}`);
  const results = names.sort().map((name) => tryOne(name));
  console.log(
    ['', '| mutant | defect | caught after, s | caught by |', '|---|---|---:|---|', ...results.map(rowOf)].join('\n'),
  );
  const missed = results.filter(({ problem }) => problem);
  console.log(`\n${results.length - missed.length} of ${results.length} mutants caught`);
  return missed.length === 0 ? 0 : 1;
};

// npm keeps options without a preceding -- for itself, and their values would look like parts of names
const optionsOfChaos = [
  '--minutes',
  '--seed',
  '--faults',
  '--rounds',
  '--longest',
  '--copies',
  '--out',
  '--evidence',
  '--selection',
  '--round',
  '--stop',
  '--list',
];

const wasKeptByNpm = (option) =>
  process.env.npm_lifecycle_event === 'chaos:mutants' && Boolean(process.env[`npm_config_${option.slice(2)}`]);

const tryOne = (file) => {
  const name = basename(file, '.patch');
  const [what, hunt] = readFileSync(join(patches, file), 'utf8').split('\n');
  const detector = hunt.replace(/^Hunt: /, '');
  const copy = copyProject();
  try {
    const control = detect(copy, detector, minutes.control);
    if (control.code !== 0)
      return report({
        name,
        what,
        problem: `the unchanged code fails with exit code ${control.code}: ${control.violation}`,
      });
    run(copy, 'git', ['apply', join(patches, file)]);
    run(copy, process.execPath, ['scripts/build.js']);
    const { code, violation, seconds } = detect(copy, detector, minutes.hunt);
    return report({
      name,
      what,
      violation,
      seconds,
      problem: code === 1 ? undefined : `NOT CAUGHT within ${seconds} s (exit code ${code})`,
    });
  } catch (error) {
    return report({ name, what, problem: error.message });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** Copies the sources to a new folder and builds them there. Links the installed packages, except Muster's own. */
const copyProject = () => {
  const copy = mkdtempSync(join(tmpdir(), 'muster-mutant-'));
  const excluded = new Set(['node_modules', 'dist', 'data', '.git', '.cache', 'coverage']);
  cpSync(root, copy, { recursive: true, filter: (path) => !excluded.has(basename(path)) });
  linkPackages(join(root, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(join(copy, 'node_modules', '@muster'));
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules', '@muster', name));
  symlinkSync(join(copy, 'packages', 'muster'), join(copy, 'node_modules', 'muster'));
  for (const name of readdirSync(join(root, 'packages')))
    linkPackages(join(root, 'packages', name, 'node_modules'), join(copy, 'packages', name, 'node_modules'));
  symlinkSync(join(root, '.cache'), join(copy, '.cache'));
  run(copy, process.execPath, ['scripts/build.js']);
  return copy;
};

const linkPackages = (from, to) => {
  const names = readdirIfThere(from).filter((name) => name !== '@muster' && name !== 'muster');
  if (names.length > 0) mkdirSync(to);
  for (const name of names) symlinkSync(join(from, name), join(to, name));
};

const readdirIfThere = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/**
 * Runs the faults or the test that must detect a mutant. A campaign ends when a law is violated, or after
 * `mostMinutes`. Returns the exit code, the first violation and the time in seconds.
 */
const detect = (copy, hunt, mostMinutes) => {
  const startedAt = performance.now();
  const { code, violation } = hunt.startsWith('test ')
    ? runTest(copy, hunt.slice('test '.length))
    : runCampaign(copy, hunt, mostMinutes);
  return { code, violation, seconds: Math.round((performance.now() - startedAt) / 1_000) };
};

const runCampaign = (copy, hunt, mostMinutes) => {
  const reportPath = join(copy, 'report.md');
  writeFileSync(reportPath, '');
  const [settings = ''] = /^(\w+=\w+ )*/.exec(hunt) ?? [];
  const words = hunt.slice(settings.length);
  const program = words.startsWith('sites') ? 'chaos-sites' : 'chaos';
  const options = `${words.replace(/^sites/, '')} --stop --seed 1 --minutes ${mostMinutes} --out report.md`;
  const command = `${settings}exec '${process.execPath}' dist/${program}.js ${options}`;
  const { status } = spawnSync('sh', ['-c', command], {
    cwd: copy,
    stdio: 'ignore',
    timeout: (mostMinutes + 3) * 60_000,
  });
  const [, violation = ''] = /^- round \d+ \(.*?\): (.*)$/m.exec(readFileSync(reportPath, 'utf8')) ?? [];
  return { code: status, violation };
};

const runTest = (copy, file) => {
  const words = [
    '--import',
    'tsx',
    'node_modules/mocha/bin/mocha.js',
    '--timeout',
    '60000',
    '--reporter',
    'json',
    file,
  ];
  const { status, stdout } = spawnSync(process.execPath, words, { cwd: copy, encoding: 'utf8', timeout: 180_000 });
  if (status === 0) return { code: 0, violation: '' };
  const [failure] = JSON.parse(stdout.slice(stdout.indexOf('{'))).failures;
  return { code: failure ? 1 : status, violation: `test: ${failure?.fullTitle}` };
};

const run = (cwd, command, words) => {
  const { status, stderr, error } = spawnSync(command, words, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`Cannot run ${command} ${words.join(' ')}: ${error?.message ?? stderr.slice(0, 500)}`);
};

const report = (result) => {
  const { name, problem, seconds, violation } = result;
  const verdict = problem ?? `caught after ${seconds} s: ${violation.slice(0, 300)}`;
  console.error(`${new Date().toISOString().slice(11, 19)} ${name}: ${verdict}`);
  return result;
};

const rowOf = ({ name, what, seconds, violation, problem }) =>
  `| ${name} | ${what} | ${seconds ?? ''} | ${(problem ?? violation).slice(0, 160).replaceAll('|', '/')} |`;

const fail = (text) => {
  console.error(text);
  return 2;
};

process.exitCode = main();
