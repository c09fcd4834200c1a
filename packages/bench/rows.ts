import type { Row } from './row.ts';
import { atRates } from './rows/at-rates.ts';
import { away } from './rows/away.ts';
import { failover } from './rows/failover.ts';
import { fanout } from './rows/fanout.ts';
import { flat } from './rows/flat.ts';
import { get } from './rows/get.ts';
import { idle } from './rows/idle.ts';
import { liveConnections } from './rows/live-connections.ts';
import { liveFanout } from './rows/live-fanout.ts';
import { memory } from './rows/memory.ts';
import { mixed } from './rows/mixed.ts';
import { overload } from './rows/overload.ts';
import { post } from './rows/post.ts';
import { restore } from './rows/restore.ts';
import { single } from './rows/single.ts';
import { snapshots } from './rows/snapshots.ts';
import { visible } from './rows/visible.ts';

/** All rows of the benchmark. Those that share one Muster run first, in this order. */
export const rows: readonly Row[] = [
  ...[get, post, ...atRates, mixed, overload, single, idle, visible, failover, away],
  ...[flat, fanout, restore, memory, snapshots, liveConnections, liveFanout],
];

/** The rows that were asked for, or a problem in words. */
export type ChosenRows = { kind: 'rows'; rows: readonly Row[] } | { kind: 'problem'; problem: string };

/** Chooses rows by a list of names such as `get,hot`; all without a list. Unknown names are a problem. Pure. */
export const chooseRows = (all: readonly Row[], list: string | undefined): ChosenRows => {
  if (list === undefined) return { kind: 'rows', rows: all };
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !all.some((row) => row.name === name));
  if (unknown.length === 0) return { kind: 'rows', rows: all.filter(({ name }) => names.includes(name)) };
  const known = all.map(({ name }) => name).join(', ');
  const shown = unknown.map((name) => JSON.stringify(name)).join(', ');
  return { kind: 'problem', problem: `Cannot measure ${shown}: the rows are ${known}` };
};
