import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeTargets, type Target } from './make-targets.ts';
import { parseReport, type Report } from './parse-report.ts';
import { runTool, type ToolOptions } from './run-tool.ts';

/** How vegeta attacks: at `rate` requests per second for `seconds`. Its files are written to `folder`. */
export type AttackOptions = {
  vegeta: string;
  folder: string;
  rate: number;
  seconds: number;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
};

/**
 * Sends each target once to a server with vegeta, and returns its report. Throws when vegeta fails, or takes 60 seconds
 * longer than it should.
 */
export const attack = async (url: string, targets: readonly Target[], options: AttackOptions): Promise<Report> => {
  const { vegeta, folder, rate, seconds, environment, signal } = options;
  const [targetsFile, resultsFile] = [join(folder, 'targets.json'), join(folder, 'results.bin')];
  await writeFile(targetsFile, describeTargets(targets, url));
  const tool: ToolOptions = { cwd: folder, environment, timeoutMs: (seconds + extraSeconds) * 1_000, signal };
  const load = [`-rate=${rate}/1s`, `-duration=${seconds}s`, '-timeout=10s'];
  const words = ['attack', '-format=json', `-targets=${targetsFile}`, `-output=${resultsFile}`, ...load];
  await runTool(vegeta, words, tool);
  return parseReport(await runTool(vegeta, ['report', '-type=json', resultsFile], tool));
};

const extraSeconds = 60;
