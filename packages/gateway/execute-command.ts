import { absent, type State } from '@muster/model';
import { catchUpState, databaseNow, isNewest, logIdOf } from '@muster/store';
import { appendEvents } from './append-events.ts';
import { decideAndAppend, type Known } from './decide-and-append.ts';
import { executeAfterFirst } from './execute-first.ts';
import { loadFirstState } from './first-state.ts';
import { type Gateway, keyOf } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { type Bound, leftMs, notWritten, type Outcome, type OwnOutcome, type Request } from './outcome.ts';
import { remember } from './remembered.ts';
import { endStuckTurns, type RunTurn, type Task, takeTurn } from './turns.ts';
import { whyFailed } from './why-failed.ts';

/**
 * Decides a command on its stream's state and appends at most one event. Answers by the request's deadline. Commands
 * that wait on one stream are decided in turn, each on the result of the one before, and appended together. A command
 * that another one goes first for begins after it. Rejects with EntityBroken; then this command appends nothing.
 */
export const executeCommand = (gateway: Gateway, request: Request): Promise<Outcome> =>
  request.command.type.first ? executeAfterFirst(gateway, request, executeAlone) : executeAlone(gateway, request);

const executeAlone = (gateway: Gateway, request: Request): Promise<OwnOutcome> =>
  new Promise((resolve, reject) => {
    if (!gateway.database.reachable) return resolve(notWritten('the database does not answer'));
    // take the log's id before the state is read: if the log is replaced after this, the append is refused
    const bound = { ...request, logId: logIdOf(gateway.log) };
    const key = keyOf(gateway, request.entity, request.id);
    const settle = (outcome: OwnOutcome) => {
      if (outcome.kind !== 'unavailable' && outcome.state.version > 0)
        remember(gateway.remembered, key, outcome.state.version, request.isNewId ? undefined : outcome.state);
      resolve(outcome);
    };
    const command = { ...request.command, site: gateway.settings.SITE };
    const task: Task = { request: bound, command, settle, fail: reject };
    // nobody else knows a new id, so nobody waits for a turn
    if (request.isNewId) return void runTurn(gateway)([task], undefined);
    const most = gateway.settings.STREAM_QUEUE_MAX;
    if (!takeTurn(gateway.turns, key, most, task, runTurn(gateway)))
      resolve(notWritten(`${most} requests for ${request.entity.name} "${request.id}" wait already`));
  });

/** Ends turns that never end by themselves. Call it once a second. */
export const watchTurns = (gateway: Gateway): void =>
  endStuckTurns(gateway.turns, 2 * gateway.settings.WRITE_DEADLINE_MS, () => runTurn(gateway));

const runTurn =
  (gateway: Gateway): RunTurn =>
  async (tasks, former) => {
    const [{ request: first }] = tasks as [Task];
    const { entity, id } = first;
    try {
      const known = first.isNewId ? neverSeen : await firstState(gateway, tasks, former);
      if (!known) return undefined;
      return await decideAndAppend(entity, tasks, known, {
        isLate: ({ request }) => leftMs(request) <= 0,
        nowFor: (state) => databaseNow(gateway.clock, changedAt(state)),
        append: (state, chain) => appendEvents(gateway, state, chain),
        isNewest: (state) =>
          isNewest(gateway.log, gateway.lookUps, { entity: entity.name, id, version: state.version }, leftMs(first)),
        readAgain: (state) => readAgain(gateway, first, state),
      });
    } catch (error) {
      // only reads throw, so no write is in flight
      for (const { settle } of tasks) settle(notWritten(whyFailed(gateway, error)));
      return undefined;
    }
  };

const neverSeen: Known = { state: absent, parked: undefined, fresh: false };

/** Returns the state for the first decision, or undefined if the deadline of every task has passed. */
const firstState = async (gateway: Gateway, tasks: Task[], former: State | undefined): Promise<Known | undefined> => {
  const open = tasks.find(({ request }) => leftMs(request) > 0);
  if (open) return loadFirstState(gateway, open.request, former);
  for (const { settle } of tasks) settle(notWritten('its turn came only after its deadline'));
  return undefined;
};

// the time of an event is never before the time of the previous one
const changedAt = (state: State): Date | undefined => (state.status === 'active' ? state.updatedAt : undefined);

// without a state, the record is a shorter way than all events of the stream
const readAgain = (gateway: Gateway, request: Bound, state: State) =>
  state.version === 0
    ? loadThing(gateway, request.entity, request.id, leftMs(request))
    : catchUpState(gateway.log, request.entity, request.id, state, leftMs(request));
