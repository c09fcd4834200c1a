import type { State } from '@muster/model';
import { appendChain, type ChainAppended, type StoredEvent } from '@muster/store';
import type { Decided } from './decide-and-append.ts';
import { type Gateway, partitionFor } from './gateway.ts';
import { newId } from './new-id.ts';
import { type Bound, leftMs } from './outcome.ts';
import { rememberWrite } from './remembered.ts';

/** The event of a request. */
type Link = { one: { request: Bound }; decided: Decided };

/** Appends the decided events of one stream, in order, by the earliest deadline of their requests. Never throws. */
export const appendEvents = async (gateway: Gateway, state: State, chain: readonly Link[]): Promise<ChainAppended> => {
  const [{ one }] = chain as [Link, ...Link[]];
  const { entity, id, logId } = one.request;
  const partition = partitionFor(gateway, entity, id);
  const events = chain.map((link, index) => eventOf(gateway, link, state.version + 1 + index, partition));
  const deadlineMs = Math.min(...chain.map((link) => leftMs(link.one.request)));
  const appended = await appendChain(gateway.log, gateway.queue, events, deadlineMs, logId);
  const { stored, outcome } = appended;
  if (stored > 0) {
    gateway.metrics.appends.inc({ outcome: 'appended' }, stored);
    rememberWrite(gateway.remembered, partition, [entity.name, id, state.version + stored]);
  }
  if (outcome.kind !== 'appended') gateway.metrics.appends.inc({ outcome: outcome.kind });
  return appended;
};

const eventOf = (
  gateway: Gateway,
  { one: { request }, decided: { event, at } }: Link,
  version: number,
  partition: number,
): StoredEvent => {
  const { entity, id } = request;
  const { type, data, shape } = event;
  return {
    _id: newId(gateway.random),
    entity: entity.name,
    entityId: id,
    version,
    partition,
    type,
    data,
    at,
    meta: metaOf(request, shape),
  };
};

const metaOf = ({ requestId, actor, trace }: Bound, shape: number | undefined): StoredEvent['meta'] => {
  const meta: StoredEvent['meta'] = { requestId };
  if (actor !== '') meta.actor = actor;
  if (trace !== '') meta.trace = trace;
  if (shape !== undefined) meta.shape = shape;
  return meta;
};
