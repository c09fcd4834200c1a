import {
  absent,
  type Command,
  type Decision,
  decide,
  type Entity,
  evolve,
  type Fields,
  type Refusal,
  type State,
  typeOf,
} from '@muster/model';
import { append, catchUpState, databaseNow, type Loaded, loadState, type StoredEvent } from '@muster/store';
import { type Gateway, keyOf, partitionFor } from './gateway.ts';
import { newId } from './new-id.ts';
import { type ReadResult, readFromReplica } from './read-thing.ts';
import { remember, rememberedVersion, rememberWrite } from './remembered.ts';
import { takeTurn } from './take-turn.ts';

/** What is asked of one thing, and until when (on the monotonic clock, milliseconds). */
export type Request = { entity: Entity; id: string; command: Command; requestId: string; deadlineAt: number };

/**
 * `unavailable` says whether the write can still be in the log: `notWritten` never will be, `unknown` may be, as that
 * version.
 */
export type Outcome =
  | { kind: 'done'; state: State }
  | { kind: 'refused'; reason: Refusal; state: State }
  | { kind: 'parked'; state: State; problem: string }
  | { kind: 'unavailable'; written: 'notWritten' | 'unknown'; why: string; version: number | undefined };

const attemptsMax = 100; // decisions on one command, each lost to somebody faster

/**
 * Decides a command on its stream's state and appends what follows, at most one event. Never throws; answers by the
 * request's deadline. Whoever waits behind on the same stream decides on the state that this one left.
 */
export const executeCommand = async (gateway: Gateway, request: Request): Promise<Outcome> => {
  const key = keyOf(request.entity, request.id);
  const outcome = await takeTurn<State, Outcome>(
    gateway.turns,
    key,
    gateway.settings.STREAM_QUEUE_MAX,
    async (former) => {
      const result = await attempt(gateway, request, former);
      return { result, left: result.kind === 'done' ? result.state : undefined };
    },
  );
  if (!outcome)
    return notWritten(
      `${gateway.settings.STREAM_QUEUE_MAX} requests for ${request.entity.name} "${request.id}" wait already`,
    );
  if (outcome.kind !== 'unavailable' && outcome.state.version > 0)
    remember(gateway.remembered, key, outcome.state.version);
  return outcome;
};

/**
 * A state to decide on. `fresh`: from a look into the log that began after the request came, so that it may be the
 * reason to append nothing.
 */
type Known = Loaded & { fresh: boolean };

const attempt = async (gateway: Gateway, request: Request, former: State | undefined): Promise<Outcome> => {
  if (leftMs(request) <= 0) return notWritten('its turn came only after its deadline');
  try {
    return await decideAndAppend(gateway, request, await firstState(gateway, request, former));
  } catch (error) {
    // only reads throw, and nothing is under way then
    return notWritten(error instanceof Error ? error.message : String(error));
  }
};

const decideAndAppend = async (gateway: Gateway, request: Request, first: Known): Promise<Outcome> => {
  let known = first;
  for (let attempts = 0; attempts < attemptsMax; ) {
    if (known.parked) return { kind: 'parked', state: known.state, problem: known.parked.problem };
    const decision = decide(request.command, known.state);
    const settled = known.fresh || isCertain(decision);
    if (decision.kind === 'event') {
      const outcome = await appendEvent(gateway, request, known.state, decision.event);
      if (outcome !== 'conflict') return outcome;
      attempts += 1;
    } else if (settled)
      return decision.kind === 'unchanged'
        ? { kind: 'done', state: known.state }
        : { kind: 'refused', reason: decision.reason, state: known.state };
    known = { ...(await readAgain(gateway, request, known.state)), fresh: true };
  }
  return notWritten(`somebody else was faster ${attemptsMax} times`);
};

// from nothing the snapshot is nearer than the stream's beginning
const readAgain = ({ log }: Gateway, request: Request, state: State): Promise<Loaded> =>
  state.version === 0
    ? loadState(log, request.entity, request.id, leftMs(request))
    : catchUpState(log, request.entity, request.id, state, leftMs(request));

// that a thing exists, or did once, stays true whatever came since
const isCertain = (decision: Decision) => decision.kind === 'refused' && decision.reason === 'Exists';

const firstState = async (
  gateway: Gateway,
  { entity, id, command, deadlineAt }: Request,
  former: State | undefined,
): Promise<Known> => {
  if (former) return { state: former, parked: undefined, fresh: false };
  // if it is not, the log will say so
  if (command.kind === 'create') return { state: absent, parked: undefined, fresh: false };
  const held = await readFromReplica(gateway, entity, id, 0);
  if (!held) return { ...(await loadState(gateway.log, entity, id, deadlineAt - performance.now())), fresh: true };
  const state = stateOfResult(held.result);
  if (state.version >= rememberedVersion(gateway.remembered, keyOf(entity, id)))
    return { state, parked: undefined, fresh: false };
  return { ...(await catchUpState(gateway.log, entity, id, state, deadlineAt - performance.now())), fresh: true };
};

const appendEvent = async (
  gateway: Gateway,
  request: Request,
  state: State,
  decided: { kind: 'created' | 'updated' | 'deleted'; data: Fields },
): Promise<Outcome | 'conflict'> => {
  const { entity, id } = request;
  const event = eventOf(gateway, request, state, decided);
  const appended = await append(gateway.log, gateway.queue, event, leftMs(request));
  gateway.metrics.appends.inc({ outcome: appended.kind });
  if (appended.kind === 'conflict') return 'conflict';
  if (appended.kind !== 'appended')
    return {
      kind: 'unavailable',
      written: appended.kind,
      why: appended.why,
      version: appended.kind === 'unknown' ? event.version : undefined,
    };
  rememberWrite(gateway.remembered, event.partition, [entity.name, id, event.version]);
  return {
    kind: 'done',
    state: evolve(state, { kind: decided.kind, version: event.version, at: event.at, data: decided.data }),
  };
};

const eventOf = (
  gateway: Gateway,
  { entity, id, requestId }: Request,
  state: State,
  decided: { kind: 'created' | 'updated' | 'deleted'; data: Fields },
): StoredEvent => ({
  _id: newId(gateway.random),
  entity: entity.name,
  entityId: id,
  version: state.version + 1,
  partition: partitionFor(gateway, entity, id),
  type: typeOf(entity, decided.kind),
  data: decided.data,
  at: databaseNow(gateway.clock, changedAt(state)),
  meta: { requestId },
});

const changedAt = (state: State): Date | undefined => (state.status === 'active' ? state.updatedAt : undefined);

const stateOfResult = ({ status, version, json, createdAt, changedAt: at }: ReadResult): State => {
  switch (status) {
    case 'absent':
      return { status, version };
    case 'active': {
      const { id: _, ...fields } = JSON.parse(json) as Fields;
      return { status, version, fields, createdAt: new Date(createdAt), updatedAt: new Date(at) };
    }
    case 'deleted':
      return { status, version, createdAt: new Date(createdAt), deletedAt: new Date(at) };
  }
};

const leftMs = ({ deadlineAt }: Request) => deadlineAt - performance.now();

const notWritten = (why: string): Outcome => ({ kind: 'unavailable', written: 'notWritten', why, version: undefined });
