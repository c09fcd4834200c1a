import { setTimeout as sleep } from 'node:timers/promises';
import { findLost, findUnequal, firstOf, readStates, type SiteStates } from './check-sites.ts';
import { type SiteFault, strikeSite } from './site-fault.ts';
import { openSiteHistory, type SiteHistory, writeToSite } from './site-load.ts';
import { healLink, startFollower, type TestSite } from './site-network.ts';

/** What came of a round: after how many milliseconds the sites were equal again, and which laws did not hold. */
export type SiteRound = {
  number: number;
  faults: readonly SiteFault[];
  history: SiteHistory;
  convergedMs: number | undefined;
  violations: string[];
};

const clientsPerSite = 3;
const loadedMs = 3_000; // at the least
const equalWithinMs = 90_000;
const quietMs = 1_500;

/**
 * Runs a round: clients write at all sites while the faults happen. Then everything is healed, and the laws must hold:
 * the sites become equal, nothing that was acknowledged is lost, what was created first counts, and equal sites send
 * each other nothing more.
 */
export const runSiteRound = async (
  sites: readonly TestSite[],
  number: number,
  faults: readonly SiteFault[],
): Promise<SiteRound> => {
  const history = openSiteHistory();
  const stop = new AbortController();
  const writing = sites.flatMap((site, at) =>
    Array.from({ length: clientsPerSite }, (_, client) =>
      writeToSite(site, number, at * clientsPerSite + client, history, stop.signal),
    ),
  );
  // two faults of one site come one after the other
  const striking = sites.map((site, at) => {
    const own = faults.filter((fault) => fault.site === at);
    return strikeInTurn(site, sites, own);
  });
  await Promise.all([...striking, sleep(loadedMs)]);
  stop.abort();
  await Promise.all(writing);
  await healAll(sites);
  const healedAt = performance.now();
  const { states, problem } = await untilEqual(sites);
  const convergedMs = problem === undefined ? Math.round(performance.now() - healedAt) : undefined;
  const violations = [
    ...(problem === undefined ? [] : firstOf([`not equal ${equalWithinMs} ms after healing: ${problem}`])),
    ...states.flatMap((one) => firstOf(findLost(one, history))),
    ...(problem === undefined ? await findNoise(sites, states) : []),
  ];
  return { number, faults, history, convergedMs, violations };
};

const strikeInTurn = async (
  site: TestSite,
  sites: readonly TestSite[],
  faults: readonly SiteFault[],
): Promise<void> => {
  const others = sites.filter((other) => other !== site);
  const begunAt = performance.now();
  for (const fault of [...faults].sort((one, other) => one.atMs - other.atMs)) {
    await sleep(Math.max(0, fault.atMs - (performance.now() - begunAt)));
    await strikeSite(site, others, fault, (ms) => sleep(ms));
  }
};

const healAll = async (sites: readonly TestSite[]): Promise<void> => {
  for (const site of sites) {
    await healLink(site);
    const others = sites.filter((other) => other !== site);
    if (site.follower?.child.exitCode !== null || site.follower.child.signalCode !== null)
      await startFollower(site, others);
  }
};

const untilEqual = async (
  sites: readonly TestSite[],
): Promise<{ states: SiteStates[]; problem: string | undefined }> => {
  let states: SiteStates[] = [];
  let problem = 'no site could be read';
  for (const untilMs = performance.now() + equalWithinMs; performance.now() < untilMs; await sleep(500)) {
    try {
      states = await Promise.all(sites.map(readStates));
      const unequal = findUnequal(states);
      if (unequal.length === 0) return { states, problem: undefined };
      problem = `${unequal.length} things differ, the first: ${unequal[0]}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return { states, problem };
};

/** Equal sites must be quiet: otherwise they would send each other events for ever. */
const findNoise = async (sites: readonly TestSite[], before: readonly SiteStates[]): Promise<string[]> => {
  await sleep(quietMs);
  const after = await Promise.all(sites.map(readStates));
  return after.flatMap(({ name, events }, at) => {
    const former = before[at]?.events ?? 0;
    return events === former ? [] : `${name} got ${events - former} events though all sites were equal`;
  });
};
