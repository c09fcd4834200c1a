import { isDeepStrictEqual } from 'node:util';
import type { FedEvent, Reader } from './feed-readers.ts';
import { type FoldedLog, stateAt } from './fold-log.ts';

/**
 * Returns what is wrong with what readers of the feed got: each must have every event that came into the log after it
 * began, no event that the log does not have, and each stream in the order of its versions. An event may come again,
 * but none may be left out before a later one. `before` is the log before they began; `isInOrder` says whether the log
 * has a stream in its order. A state must be the one after its event. Pure.
 */
export const checkFeed = (
  logs: readonly FoldedLog[],
  before: readonly FoldedLog[],
  readers: readonly Pick<Reader, 'name' | 'epochs'>[],
  isInOrder: (stream: string) => boolean,
): string[] => {
  const known = new Set(before.flatMap(({ events }) => events.map(({ _id }) => _id)));
  const stored = new Map(
    logs.flatMap(({ events }) =>
      events.map((event) => [event._id, `${event.entity}:${event.entityId} version ${event.version}`]),
    ),
  );
  return readers.flatMap(({ name, epochs }) => {
    const all = epochs.flat();
    const got = new Set(all.map(({ id }) => id));
    const missing = [...stored].filter(([id]) => !known.has(id) && !got.has(id));
    const strange = all.filter(({ id, stream, version }) => stored.get(id) !== `${stream} version ${version}`);
    return [
      ...(missing.length > 0
        ? [`${name} misses ${missing.length} events of the feed, such as ${missing[0]?.[1]}`]
        : []),
      ...strange.slice(0, 3).map((event) => `${name} got ${describe(event)}, which is not in the log`),
      ...all
        .filter((event) => isInOrder(event.stream) && !isStateOf(logs, event))
        .slice(0, 3)
        .map((event) => `${name} got ${describe(event)} with the state ${JSON.stringify(event.state)}`),
      ...epochs.flatMap((epoch) =>
        findDisorder(epoch.filter(({ stream }) => isInOrder(stream))).map((text) => `${name} got ${text}`),
      ),
    ];
  });
};

const isStateOf = (logs: readonly FoldedLog[], { stream, version, state }: FedEvent): boolean => {
  if (state === undefined) return true;
  const [name, id = ''] = stream.split(':');
  const log = logs.find(({ subject }) => subject.name === name);
  const wanted = log && stateAt(log, id, version);
  return !wanted || isDeepStrictEqual(state, wanted.shown ?? null);
};

/** The events before which one of their stream was left out. */
const findDisorder = (events: readonly FedEvent[]): string[] => {
  const newest = new Map<string, number>();
  const wrong = events.flatMap((event) => {
    const former = newest.get(event.stream);
    newest.set(event.stream, Math.max(event.version, former ?? 0));
    return former === undefined || event.version <= former + 1 ? [] : [`${describe(event)} after version ${former}`];
  });
  return wrong.slice(0, 3);
};

const describe = ({ stream, version }: FedEvent) => `${stream} version ${version}`;
