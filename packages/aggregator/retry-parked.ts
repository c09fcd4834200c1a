import type { Entity } from '@muster/model';
import {
  foldStored,
  type Loaded,
  readDeadLetters,
  readStream,
  removeDeadLetters,
  type StoredEvent,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import type { Numbers } from './numbers.ts';
import { recallFor } from './recall.ts';
import { findState, type Partition, park, streamKey } from './table.ts';
import { takeAtOnce } from './take-event.ts';

const readDeadlineMs = 10_000;

type Letter = Awaited<ReturnType<typeof readDeadLetters>>[number];

/**
 * Tries the parked streams of these partitions again: a newer program may parse events that an older one did not.
 * Throws when the database does not answer.
 */
export const retryParked = async (aggregator: Aggregator, partitions: Numbers, signal: AbortSignal): Promise<void> => {
  const letters = await readDeadLetters(aggregator.log, partitions, readDeadlineMs);
  for (const stream of lettersByStream(letters)) if (!signal.aborted) await retryStream(aggregator, stream, signal);
};

const lettersByStream = (letters: readonly Letter[]): Letter[][] => {
  const streams = new Map<string, Letter[]>();
  for (const letter of letters) {
    const key = streamKey(letter.event);
    streams.set(key, [...(streams.get(key) ?? []), letter]);
  }
  return [...streams.values()];
};

const retryStream = async (aggregator: Aggregator, letters: readonly Letter[], signal: AbortSignal): Promise<void> => {
  const events = letters.map(({ event }) => event).sort((one, other) => one.version - other.version);
  const [event] = events;
  const partition = event && aggregator.table.get(event.partition);
  if (!partition) return;
  const entity = aggregator.entities.get(event.entity);
  if (!entity) return parkAll(partition, events, `no entity "${event.entity}" is known here`);
  if (aggregator.keeps) await recallFor(aggregator, [event], 'parked', signal);
  const isUnderstood = await foldAgain(aggregator, partition, entity, event.entityId);
  if (!isUnderstood) return;
  const ids = letters.map(({ _id }) => _id);
  await removeDeadLetters(aggregator.log, ids, readDeadlineMs);
};

/**
 * Applies the events of a stream up to the first that does not parse, and parks the rest. Returns whether all parsed.
 */
const foldAgain = async (aggregator: Aggregator, partition: Partition, entity: Entity, id: string) => {
  const known = findState(partition, entity.name, id);
  let { state, parked }: Loaded = { state: known, parked: undefined };
  for await (const events of readStream(aggregator.log, entity, id, known.version, () => readDeadlineMs)) {
    if (!parked) ({ state, parked } = foldStored(entity, events, state));
    for (const event of events) if (event.version <= state.version) takeAtOnce(aggregator, event);
    const others = events.filter(({ version }) => version > state.version);
    if (parked) parkAll(partition, others, parked.problem);
  }
  return parked === undefined;
};

const parkAll = (partition: Partition, events: readonly StoredEvent[], problem: string): void => {
  for (const event of events) park(partition, event, problem);
};
