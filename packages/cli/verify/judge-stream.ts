import { absent, type Entity, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { foldStored, type RecordDocument, type StoredEvent } from '@muster/store';
import { describeState, isRecordOf, isSameState } from './comparable-state.ts';
import type { Difference, ParkedStream } from './findings.ts';

/**
 * All that is known of one stream: its events as the log has them, sorted by version, and what memory and the snapshot
 * say of it.
 */
export type Facts = {
  name: string; // the entity's
  entity: Entity | undefined; // undefined where this program knows none of that name
  id: string;
  events: readonly StoredEvent[];
  memory: readonly State[];
  record: RecordDocument | undefined;
};

export type Judgement = { differences: Difference[]; parked: ParkedStream | undefined };

/**
 * What of a stream is not as it must be: its events among themselves, and memory and snapshot against the fold of its
 * events. Pure.
 */
export const judgeStream = (facts: Facts, partitions: number): Judgement => {
  const { name, id, events, entity } = facts;
  const where = `${name} "${id}"`;
  const ownFaults = [...findStrays(facts, partitions, where), ...findGaps(events, where)];
  if (!entity)
    return {
      differences: ownFaults,
      parked: { entity: name, id, version: 1, problem: `no entity "${name}" is known here` },
    };
  const { parked } = foldStored(entity, events, absent);
  const isPoison =
    parked !== undefined && events.some(({ version }) => version === parked.version) && isDense(events, parked.version);
  const states = statesOf(entity, events);
  const differences = [
    ...ownFaults,
    ...facts.memory.flatMap((state) => findInMemory(states, state, `memory, ${where}`)),
    ...(facts.record ? findInRecord(entity, states, facts.record, `${entity.collection}, ${where}`) : []),
  ];
  return { differences, parked: isPoison ? { entity: name, id, ...parked } : undefined };
};

/** The states at all versions, from 1, up to the first event that is missing or cannot be understood. */
const statesOf = (entity: Entity, events: readonly StoredEvent[]): State[] => {
  const states: State[] = [];
  for (const event of events) {
    const { state } = foldStored(entity, [event], states.at(-1) ?? absent);
    if (state.version === states.length + 1) states.push(state);
  }
  return states;
};

const findStrays = ({ name, id, events }: Facts, partitions: number, where: string): Difference[] => {
  const right = partitionOf(name, id, partitions);
  const strays = events.filter(({ partition }) => partition !== right);
  return strays.map(({ version, partition }) => ({
    what: 'An event is in the wrong partition',
    where: `log, ${where}, version ${version}`,
    expected: `partition ${right}`,
    found: `partition ${partition}`,
  }));
};

const findGaps = (events: readonly StoredEvent[], where: string): Difference[] => {
  const differences: Difference[] = [];
  let last = 0;
  for (const { version } of events) {
    const found = `version ${version}`;
    if (version === last)
      differences.push({
        what: 'Two events have one version',
        where: `log, ${where}, ${found}`,
        expected: 'one event',
        found: 'another one',
      });
    else if (version !== last + 1)
      differences.push({
        what: 'A version is missing',
        where: `log, ${where}, before ${found}`,
        expected: `version ${last + 1}`,
        found,
      });
    last = Math.max(last, version);
  }
  return differences;
};

const isDense = (events: readonly StoredEvent[], upTo: number) =>
  new Set(events.map(({ version }) => version).filter((version) => version <= upTo)).size === upTo;

const findInMemory = (states: State[], state: State, where: string): Difference[] => {
  if (state.version === 0) return [];
  const folded = states[state.version - 1];
  if (!folded) return [aheadOfLog('Memory', where, states, state.version, describeState(state))];
  if (isSameState(folded, state)) return [];
  return [
    {
      what: 'Memory is not the fold of the log',
      where: `${where}, version ${state.version}`,
      expected: describeState(folded),
      found: describeState(state),
    },
  ];
};

const findInRecord = (entity: Entity, states: State[], record: RecordDocument, where: string): Difference[] => {
  const folded = states[record.version - 1];
  if (!folded) return [aheadOfLog(entity.collection, where, states, record.version, JSON.stringify(record))];
  if (isRecordOf(record, folded)) return [];
  const what = `${entity.collection} is not the fold of the log`;
  return [
    {
      what,
      where: `${where}, version ${record.version}`,
      expected: describeState(folded),
      found: JSON.stringify(record),
    },
  ];
};

const aheadOfLog = (who: string, where: string, states: State[], version: number, found: string): Difference => ({
  what: `${who} has a version that the log does not have`,
  where,
  expected: states.length === 0 ? 'nothing, as the log has nothing of it' : `version ${states.length} at most`,
  found: `version ${version}: ${found}`,
});
