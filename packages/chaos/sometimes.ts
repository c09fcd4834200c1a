import { partitionOf, ringFrom } from '@muster/placement';
import type { Arena } from './arena.ts';
import type { FoldedLog } from './fold-log.ts';
import { type Call, isWrite } from './history.ts';
import type { Line } from './judge.ts';
import type { Load } from './load.ts';
import { figureOf, type Observed } from './observe.ts';

/** What must happen sometimes in a campaign. If one never happens, the faults do not reach the code to be tested. */
export const sometimesNames = [
  'an unknown write that had landed',
  'an unknown write that had not',
  'a write answered as not written',
  'a duplicate dropped',
  'a hole repaired',
  'the scan after a lost token',
  'a crash between records and checkpoint',
  'a fallback read',
  'a standby read',
  'a count or list from the snapshot',
  "an expired member's return",
  'a group commit of more than one',
  'a batch of which only a part went in',
  'a chain of events of one stream',
  'a chain that a conflict stopped',
  'an upload that broke off',
  'a withdrawal refused for too little money',
  'a command refused by a closed account',
] as const;

export type Sometimes = Record<(typeof sometimesNames)[number], number>;

export const noSometimes = (): Sometimes => Object.fromEntries(sometimesNames.map((name) => [name, 0])) as Sometimes;

/** Adds two counts. Pure. */
export const addSometimes = (a: Sometimes, b: Sometimes): Sometimes =>
  Object.fromEntries(sometimesNames.map((name) => [name, a[name] + b[name]])) as Sometimes;

/** Counts what happened in one round, from its history and the lines of its processes. Pure. */
export const sometimesOfRound = (
  logs: readonly Pick<FoldedLog, 'byRequest'>[],
  { calls, sets, aborted }: Pick<Load, 'calls' | 'sets' | 'aborted'>,
  lines: readonly Line[],
  members: Observed['members'],
): Sometimes => {
  const unknown = calls.filter((call) => isWrite(call) && call.outcome === 'unknown');
  const landed = unknown.filter(({ requestId }) => logs.some(({ byRequest }) => byRequest.has(requestId))).length;
  const refusedAs = (name: string) => calls.filter(({ problem }) => problem?.type === `/problems/${name}`).length;
  return {
    ...noSometimes(),
    'an unknown write that had landed': landed,
    'an unknown write that had not': unknown.length - landed,
    'a write answered as not written': calls.filter(({ outcome }) => outcome === 'notWritten').length,
    'the scan after a lost token': lines.filter(({ line }) => line.includes('The place in the log is lost')).length,
    'a fallback read': calls.filter(
      ({ op, outcome, source }) => op === 'read' && outcome === 'ok' && source === 'database',
    ).length,
    'a count or list from the snapshot': sets.filter(({ agedMs }) => agedMs !== undefined).length,
    'an upload that broke off': aborted,
    'a withdrawal refused for too little money': refusedAs('insufficient-funds'),
    'a command refused by a closed account': refusedAs('closed'),
    'a standby read': calls.filter((call) => isOfStandby(call, members)).length,
  };
};

const partitions = 32;

// the members are inspected once per second: the owner is certain only if they did not change around the call
const isOfStandby = (
  { subject, op, id, source, invokedAt, completedAt }: Call,
  members: Observed['members'],
): boolean => {
  if (op !== 'read' || !source || source === 'database') return false;
  const seen = members.filter(({ at }) => at > invokedAt - 2_500 && at < completedAt + 2_500);
  const partition = partitionOf(subject, id, partitions);
  return (
    seen.length > 1 &&
    seen.every(({ serving }) => serving.includes(source) && ringFrom(serving, partition)[0] !== source)
  );
};

/** Counts what happened in the life of a Muster, from the figures and failpoints of its processes. Pure. */
export const sometimesOfLife = (observed: Pick<Observed, 'figures'>, passed: Arena['passed']): Sometimes => {
  return {
    ...noSometimes(),
    'a duplicate dropped': figureOf(observed, 'muster_events_known_total'),
    'a hole repaired': figureOf(observed, 'muster_holes_total'),
    'a crash between records and checkpoint': passed.filter(
      ({ name, action }) => name === 'snapshot:after-records' && action === 'kill',
    ).length,
    "an expired member's return": figureOf(observed, 'muster_leases_expired_total'),
    'a group commit of more than one': passed.filter(({ name }) => name === 'append:together').length,
    'a batch of which only a part went in': passed.filter(({ name }) => name === 'append:partly').length,
    'a chain of events of one stream': passed.filter(({ name }) => name === 'append:chain').length,
    'a chain that a conflict stopped': passed.filter(({ name }) => name === 'append:chain-stopped').length,
  };
};
