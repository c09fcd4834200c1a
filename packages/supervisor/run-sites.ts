import { describeExit, endProcess, findFreePort, type Spawned } from '@muster/embedded';
import { aborted, type Environment, pause, runParent } from '@muster/runtime';
import { launchProgram } from './launch-program.ts';
import { type Group, killAll, startProcess, stopProcess, waitReady } from './managed-process.ts';
import { followerName, planFollower, runningFollowerOf } from './plan-follower.ts';
import { parseSitesSettings, planSites, type SitePlan, siteNames } from './plan-sites.ts';
import { forceOnRepeat } from './run-start.ts';
import type { RunningProcess } from './running.ts';

/** How the sites run: the words of node for `muster start` and `muster follow`, and what is printed when all run. */
export type SitesRequest = {
  start: string[];
  follow: string[];
  describe: (sites: readonly SitePlan[], followers: readonly RunningProcess[]) => readonly string[];
};

const stopMs = 90_000;
const graceMs = 70_000;
const askEveryMs = 200;

/**
 * Runs three sites on this machine until a signal, each with a MongoDB, a gateway, aggregators and a follower of its
 * own. SIGINT or SIGTERM stops them in order, a second one kills them. A process that dies is started again. If the
 * `muster start` of a site ends by itself, or a follower refuses its settings, all end. Sets the exit code of this
 * process: 0 after a stop, 1 if all ended for such a reason, 2 for wrong settings.
 */
export const runSites = async (request: SitesRequest): Promise<void> => {
  const force = forceOnRepeat();
  await runParent('muster-sites', (environment, stop) => main(request, environment, stop, force), stopMs);
};

/** The processes of all sites. A plain value, changed only in this file. */
type Sites = {
  followers: Map<SitePlan, Group>;
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
  const sites: Sites = { followers: new Map(), systems: [], failed, over: AbortSignal.any([stop, failed.signal]) };
  // a second signal makes `muster start` kill its processes. Without it, nobody would end the database
  force.addEventListener('abort', () => {
    for (const follower of sites.followers.values()) killAll(follower);
    for (const { child } of sites.systems) child.kill('SIGTERM');
  });
  await Promise.all(plans.map((plan) => startSite(sites, plan, request)));
  if (!sites.over.aborted) say(...request.describe(plans, runningFollowers(sites)));
  await aborted(sites.over);
  if (failed.signal.aborted) console.error(String(failed.signal.reason.message));
  say('Stopping the sites (Ctrl-C again kills at once)');
  await Promise.all([...sites.followers.values()].map((one) => stopProcess(one, followerName)));
  await Promise.all(sites.systems.map((one) => endProcess(one, graceMs)));
  return failed.signal.aborted ? 1 : 0;
};

const choosePorts = (first: number): Promise<number[]> =>
  Promise.all(siteNames.map((_, index) => (first === 0 ? findFreePort('127.0.0.1') : first + index)));

const runningFollowers = ({ followers }: Sites): RunningProcess[] =>
  [...followers].flatMap(([plan, group]) => runningFollowerOf(group, plan) ?? []);

/** Starts the Muster of a site, and its follower when it answers. Never throws. */
const startSite = async (sites: Sites, plan: SitePlan, { start, follow }: SitesRequest): Promise<void> => {
  await startSystem(sites, plan, start);
  await untilAnswers(sites, plan);
  await startFollower(sites, plan, follow);
};

const startSystem = async ({ over, failed, systems }: Sites, plan: SitePlan, words: string[]): Promise<void> => {
  if (over.aborted) return;
  const onEnd = (why: string) => {
    if (!over.aborted) failed.abort(new Error(`Cannot go on: ${plan.name} ended by itself (${why}). All sites stop`));
  };
  try {
    const { spawned } = await launchProgram(words, plan.start, (line) => sayOf(plan, line));
    systems.push(spawned);
    void spawned.exited.then((exit) => onEnd(describeExit(exit)));
  } catch (error) {
    onEnd(String(error));
  }
};

const startFollower = async ({ over, failed, followers }: Sites, plan: SitePlan, words: string[]): Promise<void> => {
  if (over.aborted) return;
  const follower = planFollower(words, plan, {
    say: (text) => sayOf(plan, text),
    onRefused: () => {
      if (!over.aborted)
        failed.abort(new Error(`Cannot go on: the follower of ${plan.name} refused its settings. All sites stop`));
    },
  });
  followers.set(plan, follower);
  // if it fails, the reason is printed, and it is started again
  await startProcess(follower, followerName).catch(() => undefined);
  await waitReady(follower, followerName, noDeadlineMs, over).catch(() => undefined);
};

const noDeadlineMs = 2 ** 31 - 1; // a person watches, as in `muster start`

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

const sayOf = ({ name }: SitePlan, text: string): void =>
  say(...text.split('\n').map((line) => `${name.padEnd(nameWidth)} | ${line}`));

const nameWidth = Math.max(...siteNames.map(({ length }) => length));

const say = (...lines: string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
