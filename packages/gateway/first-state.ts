import { absent, type State } from '@muster/model';
import { catchUpState } from '@muster/store';
import { readStateFrom } from '@muster/wire';
import { askReplicas } from './ask-replicas.ts';
import type { Known } from './decide-and-append.ts';
import { type Gateway, keyOf } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { leftMs, type Request } from './outcome.ts';
import { rememberedVersion } from './remembered.ts';

/**
 * Loads the state that a command is first decided on. It is the state after the previous command on this stream, if
 * there was one. Otherwise it comes from the owner or its standby, or else from the snapshot and the tail. Throws
 * DeadlineError when the database does not answer in time.
 */
export const loadFirstState = async (gateway: Gateway, request: Request, former: State | undefined): Promise<Known> => {
  const { entity, id, command } = request;
  if (former) return { state: former, parked: undefined, fresh: false };
  // if the id exists, the append ends in a conflict
  if (command.type.creates) return { state: absent, parked: undefined, fresh: false };
  const held = await askReplicas(gateway, entity, id, 0, readStateFrom);
  if (!held) return { ...(await loadThing(gateway, entity, id, leftMs(request))), fresh: true };
  const { state } = held.reply;
  if (state.version >= rememberedVersion(gateway.remembered, keyOf(gateway, entity, id)))
    return { state, parked: undefined, fresh: false };
  return { ...(await catchUpState(gateway.log, entity, id, state, leftMs(request))), fresh: true };
};
