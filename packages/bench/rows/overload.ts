import { goodRate, judgeOverload } from '../judge-overload.ts';
import { type RecipeName, sliceMs } from '../load-spec.ts';
import { closedLoop, fewConnections, type Load, manyConnections, measureLoad } from '../measure-load.ts';
import { readListenDrops } from '../read-listen-drops.ts';
import type { Bench, Measured, Row } from '../row.ts';
import type { Target } from '../targets.ts';

const beforeSeconds = 3;
const afterSeconds = 6;
const smallShare = 0.2; // of the overload: the load before and after it
const mixes: readonly RecipeName[] = ['mixed', 'contended', 'get'];
const settleSlices = 5; // a load needs so long until it is even

/** For each kind of load: the highest rate of good answers, then twice as many requests. */
export const overload: Row = {
  name: 'overload',
  about: 'twice the highest rate of good answers, with a fifth of the load before and after it',
  kind: 'shared',
  rounds: 'once',
  targets: ['muster'],
  measure: async (bench, target) => {
    const measured: Measured[] = [];
    for (const recipe of mixes) {
      const highest = await findHighest(bench, target, recipe);
      for (const connections of [fewConnections, manyConnections])
        measured.push(await overloadWith(bench, target, { recipe, connections, highest }));
    }
    return measured;
  },
};

const stepUp = 1.3;
const stepsMax = 6;

/**
 * Finds the highest rate of good answers in time: from what a closed loop reaches, an open loop goes up until the
 * answers no longer keep up.
 */
const findHighest = async (bench: Bench, target: Target, recipe: RecipeName): Promise<number> => {
  const { seconds } = bench.options;
  const rateOf = async (load: Load) => {
    bench.signal.throwIfAborted();
    const { result } = await measureLoad(target, load);
    return goodRate(result.slices.slice(settleSlices, Math.floor((seconds * 1_000) / sliceMs)));
  };
  let highest = await rateOf(closedLoop(recipe, fewConnections, seconds));
  for (let step = 1; step <= stepsMax; step += 1) {
    const perSecond = Math.round(highest * stepUp);
    const reached = await rateOf({ recipe, connections: fewConnections, seconds, phases: [{ perSecond, seconds }] });
    bench.say(`Overload, ${recipe}: ${Math.round(reached)} good answers/s of ${perSecond}/s`);
    highest = Math.max(highest, reached);
    if (reached < 0.95 * perSecond) break;
  }
  return highest;
};

type Case = { recipe: RecipeName; connections: number; highest: number };

const overloadWith = async (bench: Bench, target: Target, { recipe, connections, highest }: Case) => {
  bench.signal.throwIfAborted();
  const { seconds } = bench.options;
  const duePerSecond = Math.round(2 * highest);
  const phases = [
    { perSecond: smallShare * duePerSecond, seconds: beforeSeconds },
    { perSecond: duePerSecond, seconds },
    { perSecond: smallShare * duePerSecond, seconds: afterSeconds },
  ];
  const dropsBefore = readListenDrops();
  const { result } = await measureLoad(target, { recipe, connections, seconds, phases, queueMax: 0 });
  const times = { beforeMs: beforeSeconds * 1_000, overloadMs: seconds * 1_000 };
  const { goodPerSecond, ...judged } = judgeOverload(result.slices, times);
  const unanswered = Object.values(result.faults).reduce((sum, count) => sum + count, 0);
  const figures = {
    ...{ highestPerSecond: highest, duePerSecond, goodPerSecond, goodputShare: goodPerSecond / highest },
    ...{
      ...judged,
      notSentShare: result.notSent / duePerSecond / seconds,
      unanswered,
      listenDrops: readListenDrops() - dropsBefore,
    },
    ...{ ownLateMs: result.ownLateMs, loadShare: result.ownShare },
  };
  return { what: `${recipe}, ${connections} connections`, figures };
};
