import type { Entity, State } from '@muster/model';
import { readStateThen, type StateReply } from '@muster/wire';
import { askReplicas, type Held } from './ask-replicas.ts';
import { type Gateway, keyOf } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { rememberedVersion } from './remembered.ts';
import { whyFailed } from './why-failed.ts';

export type FullState = { kind: 'state'; state: State } | { kind: 'unavailable'; why: string };

/**
 * Reads the full state of a thing, never older than a version that this gateway returned in the last minute: from the
 * owner, its standby, or the record and the stream's tail.
 */
export const readFullState = async (gateway: Gateway, entity: Entity, id: string): Promise<FullState> => {
  const least = rememberedVersion(gateway.remembered, keyOf(gateway, entity, id));
  const held = await new Promise<Held<StateReply> | undefined>((resolve) =>
    askReplicas(gateway, entity, id, least, readStateThen, resolve),
  );
  if (held && !held.reply.behind) return { kind: 'state', state: held.reply.state };
  try {
    const { state } = await loadThing(gateway, entity, id, gateway.settings.DATABASE_DEADLINE_MS);
    return { kind: 'state', state };
  } catch (error) {
    return { kind: 'unavailable', why: whyFailed(gateway, error) };
  }
};
