import { EntityBroken, type State } from '@muster/model';
import { catchUpState, databaseNow, type Loaded, logIdOf } from '@muster/store';
import { appendEvent } from './append-event.ts';
import { decideAndAppend } from './decide-and-append.ts';
import { loadFirstState } from './first-state.ts';
import { type Gateway, keyOf } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { type Bound, leftMs, notWritten, type Outcome, type Request } from './outcome.ts';
import { remember } from './remembered.ts';
import { type TurnLimits, takeTurn } from './take-turn.ts';

/**
 * Decides a command on its stream's state and appends at most one event. Answers by the request's deadline. The next
 * command on the same stream is decided on the resulting state. Throws EntityBroken; then nothing is appended.
 */
export const executeCommand = async (gateway: Gateway, request: Request): Promise<Outcome> => {
  const { entity, id } = request;
  // take the log's id before the state is read: if the log is replaced after this, the append is refused
  const key = keyOf(gateway, entity, id);
  const bound = { ...request, logId: logIdOf(gateway.log) };
  const limits = turnLimits(gateway);
  const outcome = await takeTurn<State, Outcome>(gateway.turns, key, limits, async (former) => {
    const result = await attempt(gateway, bound, former);
    return { result, left: result.kind === 'done' ? result.state : undefined };
  });
  if (!outcome) return notWritten(`${limits.waitingMax} requests for ${entity.name} "${id}" wait already`);
  if (outcome.kind !== 'unavailable' && outcome.state.version > 0)
    remember(gateway.remembered, key, outcome.state.version);
  return outcome;
};

// every step of a command ends by its deadline. A turn that lasts longer is a bug, and must not block the stream for
// ever
const turnLimits = ({ settings }: Gateway): TurnLimits => ({
  waitingMax: settings.STREAM_QUEUE_MAX,
  turnMs: 2 * settings.WRITE_DEADLINE_MS,
});

const attempt = async (gateway: Gateway, request: Bound, former: State | undefined): Promise<Outcome> => {
  if (leftMs(request) <= 0) return notWritten('its turn came only after its deadline');
  try {
    return await decideAndAppend(request.entity, request.command, await loadFirstState(gateway, request, former), {
      nowFor: (state) => databaseNow(gateway.clock, changedAt(state)),
      append: (state, decided) => appendEvent(gateway, request, state, decided),
      readAgain: (state) => readAgain(gateway, request, state),
    });
  } catch (error) {
    if (error instanceof EntityBroken) throw error;
    // only reads throw, so no write is in flight
    return notWritten(error instanceof Error ? error.message : String(error));
  }
};

// the time of an event is never before the time of the previous one
const changedAt = (state: State): Date | undefined => (state.status === 'active' ? state.updatedAt : undefined);

// without a state, the record is a shorter way than all events of the stream
const readAgain = (gateway: Gateway, request: Request, state: State): Promise<Loaded> =>
  state.version === 0
    ? loadThing(gateway, request.entity, request.id, leftMs(request))
    : catchUpState(gateway.log, request.entity, request.id, state, leftMs(request));
