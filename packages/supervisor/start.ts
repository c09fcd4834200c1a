import { join, resolve } from 'node:path';
import { endLeftServer } from '@muster/embedded';
import { aborted, type Environment, keepSecret, readSecret } from '@muster/runtime';
import { answerAloud } from './answer-aloud.ts';
import type { Place } from './answer-change.ts';
import { changeSystem } from './change-system.ts';
import { choosePorts, type Ports } from './choose-ports.ts';
import { findObstacle } from './find-obstacle.ts';
import { askAllToStop, isRefusal, killAll, type ProcessEvent } from './managed-process.ts';
import { openControl } from './open-control.ts';
import { describeEvent } from './print-events.ts';
import { openLineFormat } from './print-log.ts';
import { describeSystem } from './print-running.ts';
import {
  type Claimed,
  type ControlAddress,
  claimRunning,
  describeRunning,
  type Running,
  removeRunning,
  saveRunning,
} from './running.ts';
import { type LocalSettings, parseLocalSettings, usualData } from './settings.ts';
import { planSystem, type System, type SystemOptions, startAll, stopSystem } from './system.ts';

/** `stop` stops everything in order, `force` kills everything at once. */
export type StartSignals = { stop: AbortSignal; force: AbortSignal };

export type StartOutput = {
  write: (text: string) => void;
  isColour: boolean;
  programs?: SystemOptions['programs'];
  /** The requests to try, which are printed when all runs. */
  tryIt?: (url: string) => readonly string[];
};

/**
 * Runs a whole Muster until it is asked to stop, and prints what happens on `output`. Returns the exit code: 0 after a
 * stop, 1 if the start failed, 2 if it was refused (a wrong setting, or a port or data folder in use), 130 after a
 * kill.
 */
export const start = async (given: Environment, signals: StartSignals, output: StartOutput): Promise<number> => {
  const say = (text: string) => output.write(`${text}\n`);
  const parsed = parseLocalSettings(given);
  if (parsed.kind === 'problems') return refuse(parsed.problems, say);
  const { settings } = parsed;
  const read = readSecret(given);
  if (read.kind === 'problem') return refuse([read.problem], say);
  const dataPath = resolve(settings.DATA);
  const obstacle = await findObstacle(settings, dataPath, say);
  if (obstacle !== undefined) return refuse([obstacle], say);
  const claimed = await claimRunning(dataPath);
  if (claimed === undefined) return refuse([`another Muster has just been started with the data in ${dataPath}`], say);
  try {
    await endLeftServer(join(dataPath, 'mongodb'), say); // it would hold the port
    const chosen = await choosePorts(settings);
    if (chosen.kind === 'problems') return refuse(chosen.problems, say);
    for (const remark of chosen.remarks) say(remark);
    const kept = read.secret ?? readKept(dataPath);
    if (typeof kept !== 'string') return refuse([kept.problem], say);
    const environment = { ...given, CLUSTER_SECRET: kept };
    return await run({ environment, settings, dataPath, ports: chosen.ports, claimed }, signals, output);
  } finally {
    await removeRunning(dataPath);
  }
};

const readKept = (dataPath: string): string | { problem: string } => {
  try {
    return keepSecret(dataPath);
  } catch (error) {
    return { problem: Object(error).message };
  }
};

type Run = { environment: Environment; settings: LocalSettings; dataPath: string; ports: Ports; claimed: Claimed };

const run = async (started: Run, { stop, force }: StartSignals, output: StartOutput): Promise<number> => {
  const { dataPath } = started;
  const say = (text: string) => output.write(`${text}\n`);
  const format = openLineFormat(output.isColour);
  const refused = new AbortController();
  const onEvent = (event: ProcessEvent) => {
    if (event.kind === 'line') return output.write(format(event.name, event.line));
    if (endsAll(event, system)) refused.abort();
    sayEvent(event, say);
    saveOrSay(given, system, say);
  };
  const over = AbortSignal.any([stop, force, refused.signal]);
  const place = placeOf(started, over);
  await using control = await openControl(async (request, onStep) => {
    const changed = await answerAloud(system, request, place, say, (step) => {
      onStep(step);
      save(given, system);
    });
    save(given, system);
    return changed;
  });
  const given = withControl(started, control.address, place);
  const system = planSystem(optionsOf(given, onEvent, say, output.programs), over);
  force.addEventListener('abort', () => killAll(system), { once: true });
  const onExit = () => askAllToStop(system);
  process.once('exit', onExit); // a stop that took too long, or an exit from elsewhere

  const onReady = () => say(describeSystem(save(given, system), output.tryIt, otherThanUsual(dataPath)));
  const problem = await runUntil(over, system, onReady).catch(describeFailure);
  if (problem !== undefined) say(problem);
  if (!force.aborted) say('Stopping, in order (Ctrl-C again kills at once)');
  await stopSystem(system);
  process.off('exit', onExit);
  if (force.aborted) return 130;
  if (refused.signal.aborted) return refuse(['a program refused its settings: see above'], say);
  return problem === undefined ? 0 : 1;
};

// commands find the system in the usual folder without being told
const otherThanUsual = (dataPath: string): string | undefined =>
  dataPath === resolve(usualData) ? undefined : dataPath;

const placeOf = ({ settings }: Run, signal: AbortSignal): Place => {
  const { DATABASE: database, COPIES: copies, LEASE_MS: leaseMs } = settings;
  return { database, rule: { copies, leaseMs }, signal };
};

/** The run, with what other commands need to change it. */
const withControl = (run: Run, control: ControlAddress, { database, rule }: Place): Run => ({
  ...run,
  claimed: { ...run.claimed, control, database, copies: rule },
});

const sayEvent = (event: ProcessEvent, say: (text: string) => void) => {
  const text = describeEvent(event);
  if (text !== undefined) say(text);
};

const runUntil = async (over: AbortSignal, system: System, onReady: () => void): Promise<string | undefined> => {
  const started = await changeSystem(system, theStart, { signal: over }, () => startAll(system, noDeadlineMs, over));
  if (over.aborted) return undefined;
  if (started.kind !== 'done') return started.problem;
  onReady();
  await aborted(over);
  return undefined;
};

const theStart = 'start';

const describeFailure = (error: unknown): string =>
  `Cannot go on: ${error instanceof Error ? error.message : String(error)}`;

// a person watches: a process that does not get ready is started again, with a message, until Ctrl-C
const noDeadlineMs = 2 ** 31 - 1;

// if a change started it with other settings, that change handles it
const endsAll = (event: ProcessEvent, { changing }: System) =>
  isRefusal(event) && (changing.what === undefined || changing.what === theStart);

const optionsOf = (
  { environment, settings, dataPath, ports }: Run,
  onEvent: SystemOptions['onEvent'],
  say: SystemOptions['say'],
  programs: SystemOptions['programs'],
): SystemOptions => ({
  dataPath,
  mongodbUri: settings.MONGODB_URI,
  mongodbPort: ports.mongodbPort,
  port: settings.PORT,
  healthPort: ports.healthPort,
  host: settings.HOST,
  gateways: settings.GATEWAYS,
  aggregators: settings.AGGREGATORS,
  environment,
  programs,
  onEvent,
  say,
});

const save = ({ dataPath, claimed, settings }: Run, system: System): Running => {
  const running = describeRunning(claimed, system, settings.HOST);
  saveRunning(dataPath, running);
  return running;
};

// a full disk must not end the process that watches the others
const saveOrSay = (run: Run, system: System, say: (text: string) => void) => {
  try {
    save(run, system);
  } catch (error) {
    say(`Cannot note in ${run.dataPath} what runs: ${error instanceof Error ? error.message : error}`);
  }
};

const refuse = (problems: string[], say: (text: string) => void): number => {
  for (const problem of problems) say(`Cannot start: ${problem}`);
  return 2;
};
