import { describeExit, endProcess, findFreePort, type Spawned } from '@muster/embedded';
import { aborted, type Environment, pause, runParent } from '@muster/runtime';
import { launchProgram } from './launch-program.ts';
import { parseSitesSettings, planSites, type SitePlan, siteNames } from './plan-sites.ts';
import { forceOnRepeat } from './run-start.ts';

/** How the sites run: the words of node for `muster start` and `muster follow`, and what is printed when all run. */
export type SitesRequest = {
  start: string[];
  follow: string[];
  describe: (sites: readonly SitePlan[]) => readonly string[];
};

const stopMs = 90_000;
const graceMs = { start: 70_000, follow: 10_000 };
const askEveryMs = 200;

/**
 * Runs three sites on this machine until a signal, each with a MongoDB, a gateway, aggregators and a follower of its
 * own. SIGINT or SIGTERM stops them in order, a second one kills them. If a process of them ends by itself, all end.
 * Sets the exit code of this process: 0 after a stop, 1 if one ended by itself, 2 for wrong settings.
 */
export const runSites = async (request: SitesRequest): Promise<void> => {
  const force = forceOnRepeat();
  await runParent('muster-sites', (environment, stop) => main(request, environment, stop, force), stopMs);
};

/** The processes of all sites. A plain value, changed only in this file. */
type Sites = {
  followers: Spawned[];
  systems: Spawned[];
  over: AbortSignal;
  failed: AbortController;
};

const main = async (
  request: SitesRequest,
  environment: Environment,
  stop: AbortSignal,
  force: AbortSignal,
): Promise<number> => {
  const parsed = parseSitesSettings(environment);
  if (parsed.kind === 'problems') {
    for (const problem of parsed.problems) console.error(`Cannot start the sites: ${problem}`);
    return 2;
  }
  const { DATA, PORT } = parsed.settings;
  const plans = planSites(environment, DATA, await choosePorts(PORT));
  const failed = new AbortController();
  const sites: Sites = { followers: [], systems: [], failed, over: AbortSignal.any([stop, failed.signal]) };
  // a second signal makes `muster start` kill its processes. Without it, nobody would end the database
  force.addEventListener('abort', () => {
    for (const { child } of [...sites.followers, ...sites.systems]) child.kill('SIGTERM');
  });
  await Promise.all(plans.map((plan) => startSite(sites, plan, request)));
  if (!sites.over.aborted) say(...request.describe(plans));
  await aborted(sites.over);
  if (failed.signal.aborted) console.error(String(failed.signal.reason.message));
  say('Stopping the sites (Ctrl-C again kills at once)');
  await Promise.all(sites.followers.map((one) => endProcess(one, graceMs.follow)));
  await Promise.all(sites.systems.map((one) => endProcess(one, graceMs.start)));
  return failed.signal.aborted ? 1 : 0;
};

const choosePorts = (first: number): Promise<number[]> =>
  Promise.all(siteNames.map((_, index) => (first === 0 ? findFreePort('127.0.0.1') : first + index)));

/** Starts the Muster of a site, and its follower when it answers. Never throws. */
const startSite = async (sites: Sites, plan: SitePlan, { start, follow }: SitesRequest): Promise<void> => {
  await startOne(sites, sites.systems, plan.name, start, plan.start);
  await untilAnswers(sites, plan);
  await startOne(sites, sites.followers, `${plan.name} follower`, follow, plan.follow);
};

const startOne = async (
  { over, failed }: Sites,
  started: Spawned[],
  name: string,
  words: string[],
  environment: Environment,
): Promise<void> => {
  if (over.aborted) return;
  const onEnd = (why: string) => {
    if (!over.aborted) failed.abort(new Error(`Cannot go on: ${name} ended by itself (${why}). All sites stop`));
  };
  try {
    const { spawned } = await launchProgram(words, environment, (line) => say(`${name.padEnd(nameWidth)} | ${line}`));
    started.push(spawned);
    void spawned.exited.then((exit) => onEnd(describeExit(exit)));
  } catch (error) {
    onEnd(String(error));
  }
};

const nameWidth = 'oslo follower'.length;

const untilAnswers = async ({ over, failed }: Sites, { name, url }: SitePlan): Promise<void> => {
  const untilMs = performance.now() + answersWithinMs;
  while (!over.aborted && !(await isSite(name, url))) {
    if (performance.now() > untilMs)
      return failed.abort(new Error(`Cannot go on: the site ${name} does not answer at ${url}. All sites stop`));
    await pause(askEveryMs, over);
  }
};

const answersWithinMs = 360_000; // a database with much data takes long to start

const isSite = async (name: string, url: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${url}/api/events/site`, { signal: AbortSignal.timeout(2_000) });
    return Object(await answer.json()).site === name;
  } catch {
    return false; // it does not answer yet
  }
};

const say = (...lines: string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
