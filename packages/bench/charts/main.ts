import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import type { BenchResult } from '../result.ts';
import { type Chart, chartsOf } from './charts.ts';
import { drawChart } from './draw-chart.ts';

// Draws the charts of the chapter on performance from the result files of the bench. Its arguments are result files;
// without arguments it takes those in bench-results. Each chart is drawn from the newest result that has its figures.

const resultPaths = async (given: readonly string[]): Promise<string[]> => {
  if (given.length > 0) return [...given];
  const folder = join(findProjectRoot(), 'bench-results');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
};

const main = async (given: readonly string[]): Promise<number> => {
  const paths = await resultPaths(given);
  const charts = new Map<string, Chart>();
  for (const path of paths) {
    const result = JSON.parse(await readFile(path, 'utf8')) as BenchResult;
    for (const chart of chartsOf(result)) charts.set(chart.file, chart);
  }
  if (charts.size === 0) {
    console.error('Cannot draw charts: there is no result with the rows get, post, mixed or flat. Run: npm run bench');
    return 2;
  }
  const folder = join(findProjectRoot(), 'docs', 'performance');
  await mkdir(folder, { recursive: true });
  for (const [file, chart] of charts) {
    await writeFile(join(folder, file), `${drawChart(chart)}\n`);
    console.log(`Drew docs/performance/${file}`);
  }
  return 0;
};

process.exitCode = await main(process.argv.slice(2));
