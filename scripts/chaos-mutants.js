import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkNode, ensureInstalled, root } from './install.js';

// Breaks Muster on purpose, one line at a time, and sees whether the fault campaign notices:  npm run chaos:mutants [--
// a-part-of-a-name …] Each patch says what it breaks and what is to show it: faults, or a test. These must find nothing
// in the code as it is, and something in the broken one.

const minutes = { control: 0.2, hunt: 2 };
const patches = join(root, 'packages', 'chaos', 'mutants');

const main = () => {
  const wanted = process.argv.slice(2);
  const option = wanted.find((word) => word.startsWith('-')) ?? optionsOfChaos.find(isSwallowed);
  if (option)
    return fail(
      `Cannot run the mutants: there is no option ${option}; expected parts of names, as in\n` +
        `  npm run chaos:mutants -- checkpoint`,
    );
  checkNode();
  ensureInstalled();
  const names = readdirSync(patches).filter(
    (name) => name.endsWith('.patch') && (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  );
  if (names.length === 0) return fail(`No mutant is called ${wanted.join(' or ')}: see ${patches}`);
  const results = names.sort().map((name) => tryOne(name));
  console.log(
    ['', '| mutant | what is broken | after, s | what showed it |', '|---|---|---:|---|', ...results.map(tellRow)].join(
      '\n',
    ),
  );
  const missed = results.filter(({ problem }) => problem);
  console.log(`\n${results.length - missed.length} of ${results.length} caught`);
  return missed.length === 0 ? 0 : 1;
};

// npm keeps options without a -- before them for itself, and what is left would pass for part of a name
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

const isSwallowed = (option) =>
  process.env.npm_lifecycle_event === 'chaos:mutants' && Boolean(process.env[`npm_config_${option.slice(2)}`]);

const tryOne = (file) => {
  const name = basename(file, '.patch');
  const [what, hunt] = readFileSync(join(patches, file), 'utf8').split('\n');
  const shownBy = hunt.replace(/^Hunt: /, '');
  const copy = copyProject();
  try {
    const control = show(copy, shownBy, minutes.control);
    if (control.code !== 0)
      return tell({
        name,
        what,
        problem: `what is to show it ends with ${control.code} for the code as it is: ${control.violation}`,
      });
    run(copy, 'git', ['apply', join(patches, file)]);
    run(copy, process.execPath, ['scripts/build.js']);
    const { code, violation, seconds } = show(copy, shownBy, minutes.hunt);
    return tell({
      name,
      what,
      violation,
      seconds,
      problem: code === 1 ? undefined : `NOT CAUGHT within ${seconds} s (exit code ${code})`,
    });
  } catch (error) {
    return tell({ name, what, problem: error.message });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** The sources in a folder of their own, built; with the packages of this checkout, but for Muster's own. */
const copyProject = () => {
  const copy = mkdtempSync(join(tmpdir(), 'muster-mutant-'));
  const left = new Set(['node_modules', 'dist', 'data', '.git', '.cache', 'coverage']);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  linkPackages(join(root, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(join(copy, 'node_modules', '@muster'));
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules', '@muster', name));
  for (const name of readdirSync(join(root, 'packages')))
    linkPackages(join(root, 'packages', name, 'node_modules'), join(copy, 'packages', name, 'node_modules'));
  symlinkSync(join(root, '.cache'), join(copy, '.cache'));
  run(copy, process.execPath, ['scripts/build.js']);
  return copy;
};

const linkPackages = (from, to) => {
  const names = readdirIfThere(from).filter((name) => name !== '@muster');
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
 * What is to show a mutant: faults for a campaign, which lasts until a law breaks or the time is over, or `test` and a
 * file. How it ended, the first violation, how long it took.
 */
const show = (copy, hunt, most) => {
  const startedAt = performance.now();
  const { code, violation } = hunt.startsWith('test ')
    ? runTest(copy, hunt.slice('test '.length))
    : runCampaign(copy, hunt, most);
  return { code, violation, seconds: Math.round((performance.now() - startedAt) / 1_000) };
};

const runCampaign = (copy, hunt, most) => {
  const report = join(copy, 'report.md');
  writeFileSync(report, '');
  const [settings = ''] = /^(\w+=\w+ )*/.exec(hunt) ?? [];
  const options = `${hunt.slice(settings.length)} --stop --seed 1 --minutes ${most} --out report.md`;
  const command = `${settings}exec '${process.execPath}' dist/chaos.js ${options}`;
  const { status } = spawnSync('sh', ['-c', command], { cwd: copy, stdio: 'ignore', timeout: (most + 3) * 60_000 });
  const [, violation = ''] = /^- round \d+ \(.*?\): (.*)$/m.exec(readFileSync(report, 'utf8')) ?? [];
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

const tell = (result) => {
  const { name, problem, seconds, violation } = result;
  const verdict = problem ?? `caught after ${seconds} s: ${violation.slice(0, 300)}`;
  console.error(`${new Date().toISOString().slice(11, 19)} ${name}: ${verdict}`);
  return result;
};

const tellRow = ({ name, what, seconds, violation, problem }) =>
  `| ${name} | ${what} | ${seconds ?? ''} | ${(problem ?? violation).slice(0, 160).replaceAll('|', '/')} |`;

const fail = (text) => {
  console.error(text);
  return 2;
};

process.exitCode = main();
