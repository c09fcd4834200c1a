import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFault } from './fault.ts';
import type { Evidence, RoundResult } from './run-round.ts';

/**
 * Writes the evidence of a round into a new folder below `folder`: the violations, the lines of the processes, all
 * calls and the log. Returns the path of the new folder.
 */
export const keepEvidence = async (
  folder: string,
  seed: number,
  { round, strikes, violations }: RoundResult,
  evidence: Evidence,
): Promise<string> => {
  const path = join(folder, `seed-${seed}-round-${round.number}-${Date.now()}`);
  await mkdir(path, { recursive: true });
  const struck = strikes.map(
    ({ fault, from, to, impossible }) =>
      `${Math.round(from)}..${Math.round(to)} ${describeFault(fault)} ${impossible ?? ''}`,
  );
  await writeFile(join(path, 'round.txt'), [...struck, '', ...violations, ''].join('\n'));
  await writeFile(
    join(path, 'lines.txt'),
    evidence.lines.map(({ at, name, line }) => `${Math.round(at)} ${name} ${line}\n`).join(''),
  );
  await writeFile(join(path, 'calls.ndjson'), evidence.calls.map((call) => `${JSON.stringify(call)}\n`).join(''));
  await writeFile(
    join(path, 'events.ndjson'),
    evidence.logs
      .flatMap(({ events }) => events)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  return path;
};
