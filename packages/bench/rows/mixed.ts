import type { Load } from '../measure-load.ts';
import { measureLoad, openLoop } from '../measure-load.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { highestMet, nextRate, type Tried } from '../search-rate.ts';
import type { Target } from '../targets.ts';

const p99LimitMs = 25;
const triesMax = 2; // one disturbance must not end the search

/** The mixed load of the search: an open loop with 70 % GET, 15 % PUT, 10 % POST and 5 % DELETE. */
const mixedLoad = (perSecond: number, seconds: number): Load => openLoop('mixed', perSecond, seconds);

export const mixed: Row = {
  name: 'mixed',
  about: '70 % GET, 15 % PUT, 10 % POST, 5 % DELETE, open loop: the highest rate with p99 < 25 ms and no error',
  kind: 'shared',
  rounds: 'once',
  targets: ['muster'],
  measure: async (bench, target) => {
    const tried: Tried[] = [];
    const measured: Measured[] = [];
    for (let next = nextRate(tried); next !== undefined; next = nextRate(tried)) {
      bench.signal.throwIfAborted();
      const probe = await tryRate(bench, target, next);
      tried.push({ perSecond: next, isMet: isMet(probe) });
      measured.push(probe);
    }
    const highestPerSecond = highestMet(tried) ?? 0;
    return [{ what: 'highest rate', figures: { highestPerSecond } }, ...measured.sort(byRate)];
  },
};

const byRate = (a: Measured, b: Measured) => (a.figures.wantedPerSecond ?? 0) - (b.figures.wantedPerSecond ?? 0);

const tryRate = async (bench: Bench, target: Target, perSecond: number): Promise<Measured> => {
  for (let tries = 1; ; tries += 1) {
    const { figures } = await measureLoad(target, mixedLoad(perSecond, bench.options.seconds));
    const probe = { what: `${perSecond}/s`, figures: { wantedPerSecond: perSecond, ...figures } };
    const outcome = isMet(probe) ? 'met' : 'not met';
    bench.say(`Mixed, ${perSecond}/s: p99 ${figures.p99Ms?.toFixed(1)} ms, ${outcome}`);
    if (isMet(probe) || tries === triesMax) return probe;
  }
};

const isMet = ({ figures: { p99Ms = Number.NaN, failed, refused } }: Measured) =>
  p99Ms < p99LimitMs && failed === 0 && refused === 0;
