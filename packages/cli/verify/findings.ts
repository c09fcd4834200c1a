/** A difference from the log. */
export type Difference = { what: string; where: string; expected: string; found: string };

/** A stream with an event that does not parse. */
export type ParkedStream = { entity: string; id: string; version: number; problem: string };

/** The findings of `verify` so far. A plain value that only this file changes. */
export type Findings = {
  active: Map<string, number>; // by entity's name
  deleted: Map<string, number>;
  events: number;
  differences: number;
  shown: Difference[]; // the first ones
  noted: Set<string>; // a stray event is found in two partitions
  parked: ParkedStream[];
  unlooked: Map<number, string>; // partitions whose memory could not be read, and why
  caughtUp: number; // streams of which memory had to be asked again
};

const shownMax = 20;

export const openFindings = (): Findings => ({
  active: new Map(),
  deleted: new Map(),
  events: 0,
  differences: 0,
  shown: [],
  noted: new Set(),
  parked: [],
  unlooked: new Map(),
  caughtUp: 0,
});

/** Returns the names of entities in the log that none of these has, if that may be why something differs. Pure. */
export const findUnknown = ({ differences, parked }: Findings, known: readonly { name: string }[]): string[] => {
  const names = new Set(parked.map(({ entity }) => entity));
  for (const { name } of known) names.delete(name);
  return differences === 0 ? [] : [...names].sort();
};

/** Notes a difference, each only once. */
export const noteDifference = (findings: Findings, difference: Difference): void => {
  const text = `${difference.what} ${difference.where}`;
  if (findings.noted.has(text)) return;
  findings.noted.add(text);
  findings.differences += 1;
  if (findings.shown.length < shownMax) findings.shown.push(difference);
};

/** Counts a stream by what the log folds it to. */
export const countState = (findings: Findings, entity: string, status: 'absent' | 'active' | 'deleted'): void => {
  if (status === 'absent') return;
  const counts = status === 'active' ? findings.active : findings.deleted;
  counts.set(entity, (counts.get(entity) ?? 0) + 1);
};

export const countEvents = (findings: Findings, events: number): void => {
  findings.events += events;
};

export const countCaughtUp = (findings: Findings, streams: number): void => {
  findings.caughtUp += streams;
};

/** Notes that a partition's memory could not be read. */
export const noteUnlooked = (findings: Findings, partition: number, why: string): void => {
  findings.unlooked.set(partition, why);
};

export const noteParked = (findings: Findings, stream: ParkedStream): void => {
  // of another replica
  const isNoted = findings.parked.some(({ entity, id }) => entity === stream.entity && id === stream.id);
  if (!isNoted) findings.parked.push(stream);
};
