import { absent, type State } from '@muster/model';
import { catchUpState } from '@muster/store';
import { readStateThen, type StateReply } from '@muster/wire';
import { askReplicas, type Held } from './ask-replicas.ts';
import type { Known } from './decide-and-append.ts';
import { type Gateway, keyOf } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { leftMs, type Request } from './outcome.ts';
import { recentState, rememberedVersion } from './remembered.ts';

/**
 * Returns the state for the first decision of a turn. It is the state that the turn before left, or a recent one that
 * this gateway wrote. Without one, it comes from the owner or its standby, then from the record and the stream's tail.
 * Throws DeadlineError when the database does not answer in time.
 */
export const loadFirstState = async (gateway: Gateway, request: Request, former: State | undefined): Promise<Known> => {
  const { entity, id, command } = request;
  const recent = former ?? recentState(gateway.remembered, keyOf(gateway, entity, id));
  if (recent) return { state: recent, parked: undefined, fresh: false };
  const held = await new Promise<Held<StateReply> | undefined>((resolve) =>
    askReplicas(gateway, entity, id, 0, readStateThen, resolve),
  );
  // if the thing exists, the append conflicts
  if (!held && command.type.creates) return { state: absent, parked: undefined, fresh: false };
  if (!held || held.reply.parked) return { ...(await loadThing(gateway, entity, id, leftMs(request))), fresh: true };
  const { state } = held.reply;
  if (state.version >= rememberedVersion(gateway.remembered, keyOf(gateway, entity, id)))
    return { state, parked: undefined, fresh: false };
  return { ...(await catchUpState(gateway.log, entity, id, state, leftMs(request))), fresh: true };
};
