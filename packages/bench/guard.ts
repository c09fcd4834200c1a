import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import type { BenchResult } from './result.ts';
import type { Group } from './summarize.ts';
import { targetNames } from './targets.ts';

/** Ratios of processor times, by what they compare. They depend little on the machine. */
export type Ratios = Record<string, number>;

/** One ratio against the stored one. `change` is 0.1 when it is 10 % higher. */
export type Compared = { what: string; stored: number; now: number; change: number; isWorse: boolean };

const toleratedChange = 0.15;

/** The rows that the guard measures. */
export const guardRows = 'get,post';

const table = [
  { row: 'get', what: 'GET at 32', figure: 'cpuMicros', other: targetNames.bare },
  { row: 'get', what: 'GET at 32', figure: 'frontCpuMicros', other: targetNames.bare },
  { row: 'post', what: 'POST at 256', figure: 'cpuMicros', other: targetNames.plain },
  { row: 'post', what: 'POST at 256', figure: 'frontCpuMicros', other: targetNames.plain },
  { row: 'post', what: 'POST at 32', figure: 'cpuMicros', other: targetNames.plain },
];

const wordsOf: Record<string, string> = { cpuMicros: 'all processes', frontCpuMicros: 'the gateway' };

/** Returns the ratios of processor time that the guard watches, as far as they were measured. Pure. */
export const ratiosOf = (groups: readonly Group[]): Ratios =>
  Object.fromEntries(
    table.flatMap(({ row, what, figure, other }) => {
      const medianOf = (target: string) =>
        groups.find((group) => group.row === row && group.what === what && group.target === target)?.figures[figure]
          ?.median ?? Number.NaN;
      const ratio = medianOf(targetNames.muster) / medianOf(other);
      return Number.isNaN(ratio) ? [] : [[`${what}: CPU of ${wordsOf[figure]} / ${other}`, ratio]];
    }),
  );

/** Compares ratios with the stored ones. A stored ratio that was not measured counts as worse. Pure. */
export const compareRatios = (stored: Ratios, now: Ratios): Compared[] =>
  Object.entries(stored).map(([what, before]) => {
    const present = now[what] ?? Number.NaN;
    const change = present / before - 1;
    return { what, stored: before, now: present, change, isWorse: !(change <= toleratedChange) };
  });

const path = () => join(findProjectRoot(), 'docs', 'performance', 'guard.json');

/** Reads the stored ratios. Undefined when none are stored. */
export const readRatios = async (): Promise<Ratios | undefined> => {
  try {
    return (JSON.parse(await readFile(path(), 'utf8')) as { ratios: Ratios }).ratios;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Stores the ratios of a run for later guards. Returns the path. */
export const storeRatios = async ({ about, groups }: BenchResult): Promise<string> => {
  const { at, commit, machine } = about;
  await mkdir(dirname(path()), { recursive: true });
  const rounded = Object.entries(ratiosOf(groups)).map(([what, ratio]) => [what, Number(ratio.toFixed(3))]);
  await writeFile(
    path(),
    `${JSON.stringify({ at, commit, machine, ratios: Object.fromEntries(rounded) }, undefined, 2)}\n`,
  );
  return path();
};

/** Describes a comparison in one line each. Pure. */
export const describeCompared = (compared: readonly Compared[]): string[] =>
  compared.map(({ what, stored, now, change, isWorse }) => {
    const percent = `${change >= 0 ? '+' : ''}${(change * 100).toFixed(1)} %`;
    return `${isWorse ? 'WORSE' : 'ok'}: ${what}: ${now.toFixed(2)}, stored ${stored.toFixed(2)} (${percent})`;
  });
