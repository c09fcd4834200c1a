import { isDeepStrictEqual } from 'node:util';
import type { StoredEvent } from '@muster/store';
import { type FoldedLog, foldLog, groupBy, stateAt } from './fold-log.ts';
import { type Call, isWrite } from './history.ts';
import type { Folded } from './subjects.ts';

/**
 * Returns the violations in a history or its log, one sentence each. `before` is the content of the log before the
 * history. Pure.
 */
export const checkHistory = (log: FoldedLog, calls: readonly Call[], before = foldLog([], log.subject)): string[] => [
  ...checkDense(log),
  ...checkKept(log, before),
  ...checkEvents(log, calls, before),
  ...calls.flatMap((call) => [
    ...checkAnswer(log, call),
    ...(isWrite(call) ? checkWrite(log, call) : checkRead(log, call)),
  ]),
  ...checkOrder(log, calls),
  ...checkForesight(log, calls),
];

const checkDense = ({ streams }: FoldedLog): string[] => {
  const broken = [...streams].filter(([, stream]) => stream.some(({ version }, index) => version !== index + 1));
  return broken.map(
    ([id, stream]) => `The stream of ${id} has the versions ${stream.map(({ version }) => version).join(', ')}`,
  );
};

/** Checks that the earlier events of the log are still at the same place. */
const checkKept = ({ streams }: FoldedLog, before: FoldedLog): string[] => {
  const lost = before.events.filter(({ _id, entityId, version }) => streams.get(entityId)?.[version - 1]?._id !== _id);
  return lost.map((event) => `${describe(event)} was in the log before, and is no longer there`);
};

const checkEvents = ({ events, byRequest }: FoldedLog, calls: readonly Call[], before: FoldedLog): string[] => {
  const asked = new Set(calls.filter(isWrite).map(({ requestId }) => requestId));
  const strange = events
    .filter(({ meta }) => !asked.has(meta.requestId) && !before.byRequest.has(meta.requestId))
    .map((event) => `${describe(event)} was asked for by nobody`);
  const doubled = [...byRequest]
    .filter(([, stored]) => stored.length > 1)
    .map(([requestId, stored]) => `Request ${requestId} is in the log ${stored.length} times`);
  return [...strange, ...doubled];
};

/** Whether the answer is one that such a call may get, whatever the log says. */
const checkAnswer = ({ subject }: FoldedLog, call: Call): string[] => {
  const { op, status, problem, retryAfter, id } = call;
  if (status === undefined) return [];
  const expected = call.onlyNew ? onlyNewExpected : subject.expected[op];
  const isExpected = expected?.includes(status) || (status === 412 && call.ifVersion !== undefined);
  if (!isExpected) return [`${tell(call)}: unexpected`];
  if (status !== 503) return [];
  const problems = [];
  if (!retryAfter) problems.push(`${tell(call)} without Retry-After`);
  if (isWrite(call) && problem?.written !== 'notWritten' && problem?.written !== 'unknown')
    problems.push(`${tell(call)} without what became of the write`);
  if (problem?.written === 'unknown' && (problem.id !== id || !problem.version))
    problems.push(`${tell(call)} without the id and version to ask for`);
  return problems;
};

// of a create that must not change what is there: 412 if it is there, 410 if it was deleted
const onlyNewExpected = [201, 410, 412, 503];

const checkWrite = (log: FoldedLog, call: Call): string[] => {
  const [event] = log.byRequest.get(call.requestId) ?? [];
  switch (call.outcome) {
    case 'ok':
      if (!event) return checkNoOp(log, call);
      return checkStored(log, call, event);
    case 'unknown':
      if (event && call.problem?.version && event.version !== call.problem.version)
        return [`${tell(call)} said version ${call.problem.version}, it is ${describe(event)}`];
      return event ? checkData(log, call, event) : [];
    case 'notWritten':
      return event ? [`${tell(call)} was to be never written, and is in the log as ${describe(event)}`] : [];
    case 'refused':
      return event ? [`${tell(call)} is in the log as ${describe(event)}`] : checkRefusal(log, call);
  }
};

const checkStored = (log: FoldedLog, call: Call, event: StoredEvent): string[] => {
  if (call.ifVersion !== undefined && event.version !== call.ifVersion + 1)
    return [`${tell(call)}, though it was asked only at version ${call.ifVersion}`];
  if (event.entityId !== call.id || event.version !== call.version)
    return [`${tell(call)} is in the log as ${describe(event)}`];
  const state = stateAt(log, call.id, event.version);
  const isShown = call.op === 'delete' ? state?.status === 'deleted' : isDeepStrictEqual(state?.shown, call.shown);
  return isShown
    ? checkData(log, call, event)
    : [`${tell(call)} answered ${show(call.shown)}, the log has ${show(state?.shown)}`];
};

/** Checks a successful call without an event: it must not change the state. */
const checkNoOp = (log: FoldedLog, call: Call): string[] => {
  const state = stateAt(log, call.id, call.version ?? 0);
  if (!state || !log.subject.isNoOp(state, call)) return [`${tell(call)} is not in the log`];
  return isDeepStrictEqual(state.shown, call.shown) ? [] : [`${tell(call)} answered ${show(call.shown)}`];
};

const checkData = ({ subject }: FoldedLog, call: Call, event: StoredEvent): string[] => {
  const { id: _, ...sent } = call.sent ?? {};
  return event.type === subject.types[call.op] && isDeepStrictEqual(event.data, sent)
    ? []
    : [`${tell(call)} is in the log as ${describe(event)} ${show(event.data)}`];
};

const checkRefusal = (log: FoldedLog, call: Call): string[] => {
  // the version in If-Match was answered before, so only a later one can be the reason
  if (call.status === 412 && !call.onlyNew && (call.version ?? 0) <= (call.ifVersion ?? 0))
    return [`${tell(call)}, though version ${call.ifVersion} was answered before`];
  const state = stateAt(log, call.id, call.version ?? 0);
  const isRight = state !== undefined && refusesRightly(log, state, call);
  return isRight ? [] : [`${tell(call)}, the log has it ${state?.status} there: ${show(state?.shown)}`];
};

const refusesRightly = ({ subject }: FoldedLog, state: Folded, call: Call): boolean =>
  call.onlyNew && call.status === 412 ? state.status === 'active' : subject.refuses(state, call);

const checkRead = (log: FoldedLog, call: Call): string[] => {
  if (call.outcome !== 'ok') return [];
  const version = call.version ?? 0;
  const state = stateAt(log, call.id, version);
  if (!state) return [`${tell(call)}, a version that the log does not have`];
  const status = { absent: 404, active: 200, deleted: 410 }[state.status];
  if (call.status !== status) return [`${tell(call)}, the log has it ${state.status} there`];
  if (!isDeepStrictEqual(call.shown, state.shown))
    return [`${tell(call)} answered ${show(call.shown)}, the log has ${show(state.shown)}`];
  if (version < (call.minVersion ?? 0)) return [`${tell(call)}, though version ${call.minVersion} was asked for`];
  return version < call.returned ? [`${tell(call)}, though version ${call.returned} was returned before`] : [];
};

/**
 * Writes are linearizable per stream: one that was answered before another began comes before it, and what a refusal
 * says cannot be older either.
 */
const checkOrder = (log: FoldedLog, calls: readonly Call[]): string[] => {
  const settled = calls.filter((call) => isWrite(call) && (call.outcome === 'ok' || call.outcome === 'refused'));
  return [...groupBy(settled, ({ id }) => id).values()].flatMap((ofOne) => checkOrderOfOne(log, ofOne));
};

const checkOrderOfOne = ({ byRequest }: FoldedLog, calls: Call[]): string[] => {
  const byEnd = [...calls].sort((a, b) => a.completedAt - b.completedAt);
  const byStart = [...calls].sort((a, b) => a.invokedAt - b.invokedAt);
  const problems: string[] = [];
  let ended = 0;
  let newest: Call | undefined;
  for (const call of byStart) {
    for (let next = byEnd[ended]; next && next.completedAt < call.invokedAt; next = byEnd[ended]) {
      if ((next.version ?? 0) > (newest?.version ?? 0)) newest = next;
      ended += 1;
    }
    const least = (newest?.version ?? 0) + (call.outcome === 'ok' && byRequest.has(call.requestId) ? 1 : 0);
    // that a thing exists stays true, and so does that a version has passed: an older state is reason enough
    const mayBeOlder = call.outcome === 'refused' && (call.op === 'create' || call.status === 412);
    if (!mayBeOlder && (call.version ?? 0) < least)
      problems.push(`${tell(call)}, though ${newest ? tell(newest) : 'nothing'} was answered before`);
  }
  return problems;
};

/**
 * No answer shows a version whose write was asked for only after it: with `checkOrder`, and as each write has a version
 * of its own, this makes the writes, and the reads with a minimum, linearizable; writes of which nobody heard what
 * became of them count too.
 */
const checkForesight = ({ streams }: FoldedLog, calls: readonly Call[]): string[] => {
  const asked = new Map(calls.filter(isWrite).map((call) => [call.requestId, call]));
  const shown = groupBy(
    calls.filter(({ status, version }) => status !== undefined && version !== undefined),
    ({ id }) => id,
  );
  return [...shown].flatMap(([id, answers]) => {
    const newestFirst = answers.sort((a, b) => (b.version ?? 0) - (a.version ?? 0));
    const problems: string[] = [];
    let earliest: Call | undefined; // answer of those that show the version or a later one
    let next = 0;
    for (const { version, meta } of [...(streams.get(id) ?? [])].reverse()) {
      for (let answer = newestFirst[next]; answer && (answer.version ?? 0) >= version; answer = newestFirst[next]) {
        if (!earliest || answer.completedAt < earliest.completedAt) earliest = answer;
        next += 1;
      }
      const write = asked.get(meta.requestId);
      if (write && earliest && earliest.completedAt < write.invokedAt)
        problems.push(`${tell(earliest)}, before ${tell(write)} (version ${version}) was asked`);
    }
    return problems;
  });
};

const tell = ({ requestId, op, id, status, version, outcome }: Call) =>
  `${requestId}: ${op} ${id} → ${status ?? 'no answer'} ${outcome}${version ? ` at version ${version}` : ''}`;

const describe = ({ type, entityId, version, meta }: StoredEvent) =>
  `${type} ${entityId} version ${version} of request ${meta.requestId}`;

const show = (value: unknown) => JSON.stringify(value);
