import { pause } from '@muster/runtime';
import { connect, type Log, openLog } from '@muster/store';
import {
  type Copies,
  type CopiesRule,
  inspectCopies,
  judgeCopies,
  type Running,
  readRunning,
  type Step,
} from '@muster/supervisor';
import { type CliSettings, parseCliSettings } from '../settings.ts';
import { askSupervisor } from './ask-supervisor.ts';
import { describeMove, describeStep, describeTime } from './describe-move.ts';
import { describeStatus } from './describe-status.ts';
import { requestOf, type ScaleOptions } from './request-of.ts';

/**
 * Requests from the running `npm start` other numbers of processes, or a rolling restart, and prints what moved.
 * Without a change it prints what runs. Returns the exit code: 0 done, 1 not complete (it prints what is missing), 2
 * refused or no `npm start` runs.
 */
export const scale = async (
  environment: NodeJS.ProcessEnv,
  options: ScaleOptions,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> => {
  const requested = requestOf(options);
  if (requested.kind === 'problem') return refuse(requested.problem, print);
  const parsed = parseCliSettings(environment);
  if (parsed.kind === 'problems') return refuse(parsed.problems.join('; '), print);
  const { settings } = parsed;
  const running = await readRunning(settings.DATA);
  const uri = running?.mongodbUri ?? settings.MONGODB_URI;
  const rule = running?.copies ?? { copies: settings.COPIES, leaseMs: settings.LEASE_MS };
  if (uri === undefined) return refuse(describeMissing(settings.DATA, running), print);
  await using log = openLog({ uri, database: running?.database ?? settings.DATABASE, appName: 'muster-scale' });
  const before = await inspect(log, rule, namesOf(running)).catch(toError);
  if (before instanceof Error) return refuse(before.message, print);
  if (requested.kind === 'look') return tell(describeStatus(running, before), print, 0);
  if (running?.control === undefined) return refuse(describeMissing(settings.DATA, running), print);
  const steps: Step[] = [];
  const asked = await askSupervisor(running.control, requested.request, signal, (step) => {
    steps.push(step);
    print(describeStep(step));
  });
  switch (asked.kind) {
    case 'refused':
      return refuse(asked.problem, print);
    case 'left':
      return tell('Interrupted. The change goes on: npm run scale shows its progress', print, 1);
    case 'lost':
      return tell(`The outcome is unknown: ${asked.problem}. Run npm run scale to see what runs`, print, 1);
    case 'failed':
      await printMove({ log, rule, settings, running, before }, print);
      return tell(`Failed: ${asked.problem}`, print, 1);
    case 'done': {
      const isWhole = await printMove({ log, rule, settings, running, before }, print);
      return tell(describeTime(asked.ms, steps), print, isWhole ? 0 : 1);
    }
  }
};

type Before = { log: Log; rule: CopiesRule; settings: CliSettings; running: Running; before: Copies };

/** Prints what moved. Returns whether all copies are complete. */
const printMove = async (
  { log, rule, settings, running, before }: Before,
  print: (text: string) => void,
): Promise<boolean> => {
  const now = await readRunning(settings.DATA);
  const after = await inspectUntilComplete(log, rule, namesOf(now)).catch(toError);
  if (after instanceof Error) return tell(`Cannot show what moved: ${after.message}`, print, false);
  print(['', describeMove(before, after), ...describeGateways(running, now)].join('\n'));
  return after.missing.length === 0;
};

const inspect = async (log: Log, rule: CopiesRule, names: readonly string[]): Promise<Copies> => {
  await connect(log, 5_000);
  return judgeCopies(await inspectCopies(log), rule, names);
};

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const settleMs = 5_000;

// all copies were complete just now: wait instead of reporting a heartbeat that is late for a moment
const inspectUntilComplete = async (log: Log, rule: CopiesRule, names: readonly string[]): Promise<Copies> => {
  for (const until = performance.now() + settleMs; ; await pause(200)) {
    const copies = await inspect(log, rule, names);
    if (copies.missing.length === 0 || performance.now() > until) return copies;
  }
};

const namesOf = (running: Running | undefined): string[] =>
  (running?.processes ?? []).map(({ name }) => name).filter((name) => name.startsWith('aggregator-'));

const describeMissing = (dataPath: string, running: Running | undefined): string =>
  running === undefined
    ? `no Muster runs on the data in ${dataPath}. Check DATA, or start one with npm start`
    : `the npm start on the data in ${dataPath} (pid ${running.supervisorPid}) does not accept changes. ` +
      'It is still starting, then try again; or it is an older version, then restart it';

const describeGateways = (before: Running, after: Running | undefined): string[] => {
  const urlsOf = (running: Running | undefined) =>
    (running?.processes ?? []).flatMap(({ name, url }) => (url === undefined ? [] : [`${name} ${url}`]));
  const gateways = urlsOf(after);
  return gateways.join() === urlsOf(before).join() ? [] : [`Gateways: ${gateways.join(', ')}`];
};

const tell = <Outcome>(text: string, print: (text: string) => void, outcome: Outcome): Outcome => {
  print(text);
  return outcome;
};

const refuse = (problem: string, print: (text: string) => void): number => tell(`Cannot scale: ${problem}`, print, 2);
