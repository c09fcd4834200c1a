import { absent, type Entity, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { foldStored, type Loaded, type RecordDocument, type StoredEvent } from '@muster/store';
import { describeState, isRecordOf, isSameState } from './comparable-state.ts';
import type { Difference, ParkedStream } from './findings.ts';

/** What memory and the snapshot say of one stream. */
export type Facts = {
  name: string; // the entity's
  entity: Entity | undefined; // undefined where this program knows none of that name
  id: string;
  memory: readonly State[];
  record: RecordDocument | undefined;
};

export type Judgement = { differences: Difference[]; parked: ParkedStream | undefined };

/**
 * A stream while it is judged page by page: only its state is kept, and the states at the versions that memory and the
 * snapshot have. A plain value, changed in this file only.
 */
export type Judging = Facts & {
  readonly where: string;
  readonly partition: number; // the right one
  readonly differences: Difference[]; // of its events among themselves
  last: number; // the highest version that came
  loaded: Loaded;
  readonly kept: Map<number, State | undefined>; // by version
};

export const openJudging = (facts: Facts, partitions: number): Judging => ({
  ...facts,
  where: `${facts.name} "${facts.id}"`,
  partition: partitionOf(facts.name, facts.id, partitions),
  differences: [],
  last: 0,
  loaded: { state: absent, parked: undefined },
  kept: new Map([...facts.memory, ...(facts.record ? [facts.record] : [])].map(({ version }) => [version, undefined])),
});

/** Takes the next events of the stream, sorted by version. */
export const judgeEvents = (judging: Judging, events: readonly StoredEvent[]): void => {
  for (const event of events) {
    judging.differences.push(...findStray(judging, event), ...findGap(judging, event));
    judging.last = Math.max(judging.last, event.version);
    foldOne(judging, event);
  }
};

/**
 * What of a stream of which all events came is not as it must be: its events among themselves, and memory and snapshot
 * against the fold of its events.
 */
export const closeJudging = (judging: Judging): Judgement => {
  const { name, id, entity, where, loaded, differences } = judging;
  if (!entity)
    return { differences, parked: { entity: name, id, version: 1, problem: `no entity "${name}" is known here` } };
  // an event that does not follow is a missing version, not one that cannot be understood
  const isPoison = loaded.parked?.version === loaded.state.version + 1;
  return {
    differences: [
      ...differences,
      ...judging.memory.flatMap((state) => findInMemory(judging, state, `memory, ${where}`)),
      ...(judging.record ? findInRecord(judging, entity, judging.record, `${entity.collection}, ${where}`) : []),
    ],
    parked: loaded.parked && isPoison ? { entity: name, id, ...loaded.parked } : undefined,
  };
};

const foldOne = (judging: Judging, event: StoredEvent) => {
  if (!judging.entity || judging.loaded.parked) return;
  judging.loaded = foldStored(judging.entity, [event], judging.loaded.state);
  const { state } = judging.loaded;
  if (judging.kept.has(state.version)) judging.kept.set(state.version, state);
};

const findStray = ({ where, partition: right }: Judging, { version, partition }: StoredEvent): Difference[] =>
  partition === right
    ? []
    : [
        {
          what: 'An event is in the wrong partition',
          where: `log, ${where}, version ${version}`,
          expected: `partition ${right}`,
          found: `partition ${partition}`,
        },
      ];

const findGap = ({ where, last }: Judging, { version }: StoredEvent): Difference[] => {
  const found = `version ${version}`;
  if (version === last + 1) return [];
  return version === last
    ? [
        {
          what: 'Two events have one version',
          where: `log, ${where}, ${found}`,
          expected: 'one event',
          found: 'another one',
        },
      ]
    : [
        {
          what: 'A version is missing',
          where: `log, ${where}, before ${found}`,
          expected: `version ${last + 1}`,
          found,
        },
      ];
};

const findInMemory = (judging: Judging, state: State, where: string): Difference[] => {
  if (state.version === 0) return [];
  const folded = judging.kept.get(state.version);
  if (!folded) return [aheadOfLog('Memory', where, judging, state.version, describeState(state))];
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

const findInRecord = (judging: Judging, entity: Entity, record: RecordDocument, where: string): Difference[] => {
  const folded = judging.kept.get(record.version);
  if (!folded) return [aheadOfLog(entity.collection, where, judging, record.version, JSON.stringify(record))];
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

const aheadOfLog = (who: string, where: string, { loaded }: Judging, version: number, found: string): Difference => ({
  what: `${who} has a version that the log does not have`,
  where,
  expected: describeReach(loaded.state.version),
  found: `version ${version}: ${found}`,
});

const describeReach = (version: number) =>
  version === 0 ? 'nothing, as the log has nothing of it' : `version ${version} at most`;
