import type { State } from '@muster/model';
import { append, type StoredEvent } from '@muster/store';
import type { Decided } from './decide-and-append.ts';
import { type Gateway, partitionFor } from './gateway.ts';
import { newId } from './new-id.ts';
import { type Bound, leftMs, type Outcome, type Request } from './outcome.ts';
import { rememberWrite } from './remembered.ts';

/** Appends the decided event at the version after this state, by the request's deadline. Never throws. */
export const appendEvent = async (
  gateway: Gateway,
  request: Bound,
  state: State,
  decided: Decided,
): Promise<Outcome | 'conflict'> => {
  const event = eventOf(gateway, request, state, decided);
  const { entityId, version } = event;
  const appended = await append(gateway.log, gateway.queue, event, leftMs(request), request.logId);
  gateway.metrics.appends.inc({ outcome: appended.kind });
  switch (appended.kind) {
    case 'conflict':
      return 'conflict';
    case 'notWritten':
      return { kind: 'unavailable', written: 'notWritten', why: appended.why, version: undefined };
    case 'unknown':
      return { kind: 'unavailable', written: 'unknown', why: appended.why, version };
    case 'appended':
      rememberWrite(gateway.remembered, event.partition, [event.entity, entityId, version]);
      return { kind: 'done', state: decided.next };
  }
};

const eventOf = (
  gateway: Gateway,
  { entity, id, requestId }: Request,
  state: State,
  { event: { type, data, shape }, at }: Decided,
): StoredEvent => ({
  _id: newId(gateway.random),
  entity: entity.name,
  entityId: id,
  version: state.version + 1,
  partition: partitionFor(gateway, entity, id),
  type,
  data,
  at,
  meta: shape === undefined ? { requestId } : { requestId, shape },
});
