import { findLatePage, untilInMemory } from '../find-late-page.ts';
import { closedLoop, type Load, measureLoad, openLoop } from '../measure-load.ts';
import { keptUsers } from '../requests.ts';
import type { BenchOptions, Measured, Row } from '../row.ts';
import { type Stage, withStages } from '../stage.ts';
import { musterOf } from '../targets.ts';

const writesPerSecond = 300;
const pageConnections = 4;

/** The requests whose cost is compared, and how they are sent. */
type Compared = { what: string; loadOf: (stage: Stage, options: BenchOptions) => Load | Promise<Load> };

const lateShare = 0.9;

/** The first page of a query, and one behind nine tenths of what it finds. */
const pagesOf = (name: string, query: string): Compared[] => {
  const loadOf = (seconds: number, of: string): Load => ({
    ...closedLoop('page', pageConnections, seconds),
    query: of,
  });
  return [
    {
      what: `${name} of 100`,
      loadOf: async (stage, { seconds }) => {
        await untilInMemory(stage, query);
        return loadOf(seconds, `${query}&page[size]=100`);
      },
    },
    {
      what: `late ${name} of 100`,
      loadOf: async (stage, { seconds }) => loadOf(seconds, await findLatePage(stage, query, lateShare)),
    },
  ];
};

const requests: Compared[] = [
  { what: 'GET', loadOf: (_, { seconds }) => closedLoop('get', 32, seconds) },
  { what: 'POST', loadOf: (_, { seconds }) => openLoop('post', writesPerSecond, seconds) },
  { what: 'PUT', loadOf: (_, { seconds }) => openLoop('put', writesPerSecond, seconds) },
  { what: 'page of 100', loadOf: (_, { seconds }) => closedLoop('page', pageConnections, seconds) },
  {
    what: 'late page of 100',
    loadOf: ({ users }, { seconds }) => closedLoop('page', pageConnections, seconds, Math.floor(users * lateShare)),
  },
  ...pagesOf('sorted page', 'sort=-updatedAt'),
  ...pagesOf('filtered page', 'filter[group]=1'),
  ...pagesOf('filtered and sorted page', 'filter[group]=1&sort=name,-updatedAt'),
];

export const flat: Row = {
  name: 'flat',
  about: 'the cost of each kind of request with few and with many users',
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const { options, signal } = bench;
    const measured: Measured[] = [];
    const measure = async (stage: Stage, what: string, load: Load) => {
      signal.throwIfAborted();
      const { figures } = await measureLoad(musterOf(stage), load);
      measured.push({ what: `${what}, ${stage.users} users`, figures: { users: stage.users, ...figures } });
    };
    const wanted = options.sizes.map((users) => ({ build, users }));
    await withStages(bench, wanted, async (stages) => {
      for (let round = 1; round <= options.rounds; round += 1)
        for (const { what, loadOf } of requests)
          for (const stage of inTurn(stages, round)) await measure(stage, what, await loadOf(stage, options));
      // last, because users are missing after it
      for (let round = 1; round <= options.rounds; round += 1)
        for (const stage of inTurn(stages, round)) await measure(stage, 'DELETE', removals(options, round));
    });
    return measured;
  },
};

const inTurn = (stages: readonly Stage[], round: number) => (round % 2 === 1 ? stages : stages.toReversed());

/** Deletes other users in each round, as many at each size. */
const removals = ({ sizes, rounds, seconds }: BenchOptions, round: number): Load => {
  const least = Math.min(...sizes);
  const eachRound = Math.floor((least - keptUsers(least)) / rounds);
  const perSecond = Math.min(writesPerSecond, Math.floor(eachRound / (seconds + 1)));
  return { ...openLoop('remove', perSecond, seconds), offset: (round - 1) * eachRound };
};
