import type { FedEvent, Reader } from './feed-readers.ts';
import type { FoldedLog } from './fold-log.ts';

/**
 * Returns what is wrong with what readers of the feed got: each must have every event that came into the log after it
 * began, no event that the log does not have, and each stream in the order of its versions. `before` is the log before
 * they began; `isInOrder` says whether the log has a stream in its order. Pure.
 */
export const checkFeed = (
  logs: readonly FoldedLog[],
  before: readonly FoldedLog[],
  readers: readonly Pick<Reader, 'name' | 'fresh'>[],
  isInOrder: (stream: string) => boolean,
): string[] => {
  const known = new Set(before.flatMap(({ events }) => events.map(({ _id }) => _id)));
  const stored = new Map(
    logs.flatMap(({ events }) =>
      events.map((event) => [event._id, `${event.entity}:${event.entityId} version ${event.version}`]),
    ),
  );
  return readers.flatMap(({ name, fresh }) => {
    const got = new Set(fresh.map(({ id }) => id));
    const missing = [...stored].filter(([id]) => !known.has(id) && !got.has(id));
    const strange = fresh.filter(({ id, stream, version }) => stored.get(id) !== `${stream} version ${version}`);
    return [
      ...(missing.length > 0
        ? [`${name} misses ${missing.length} events of the feed, such as ${missing[0]?.[1]}`]
        : []),
      ...strange.slice(0, 3).map((event) => `${name} got ${describe(event)}, which is not in the log`),
      ...findDisorder(fresh.filter(({ stream }) => isInOrder(stream))).map((text) => `${name} got ${text}`),
    ];
  });
};

/** The events that came after a later version of their stream, or left one out. */
const findDisorder = (fresh: readonly FedEvent[]): string[] => {
  const last = new Map<string, number>();
  const wrong = fresh.flatMap((event) => {
    const former = last.get(event.stream);
    last.set(event.stream, event.version);
    return former === undefined || event.version === former + 1 ? [] : [`${describe(event)} after version ${former}`];
  });
  return wrong.slice(0, 3);
};

const describe = ({ stream, version }: FedEvent) => `${stream} version ${version}`;
