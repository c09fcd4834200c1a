export type PageInput = {
  base: readonly string[]; // a run of the snapshot's active ids, in order
  skipped: number; // how many of them come before that run
  changed: readonly { id: string; wasActive: boolean; isActive: boolean }[]; // since the snapshot
  offset: number;
  limit: number;
};

/**
 * The ids from `offset` on, at most `limit`, in the order of ids, of a snapshot with its changes laid over. Pure. The
 * run must begin at most at `offset` less the number of changes, and hold `limit` and twice the number of changes,
 * unless it reaches to the end.
 */
export const mergePage = ({ base, skipped, changed, offset, limit }: PageInput): string[] => {
  const touched = new Set(changed.map(({ id }) => id));
  const gone = sorted(changed.filter(({ wasActive }) => wasActive));
  const active = sorted(changed.filter(({ isActive }) => isActive));
  const kept = base
    .map((id, index) => ({ id, place: skipped + index - countBelow(gone, id) }))
    .filter(({ id }) => !touched.has(id));
  const keptIds = kept.map(({ id }) => id);
  const placed = kept.map(({ id, place }) => ({ id, place: place + countBelow(active, id) }));
  const afterAll = kept.length > 0 ? (kept.at(-1)?.place ?? 0) + 1 : skipped - gone.length + countIn(base, touched);
  for (const [index, id] of active.entries()) {
    const next = kept[countBelow(keptIds, id)];
    placed.push({ id, place: index + (next ? next.place : afterAll) });
  }
  const page = placed.filter(({ place }) => place >= offset && place < offset + limit);
  return page.sort((a, b) => a.place - b.place).map(({ id }) => id);
};

const sorted = (changes: readonly { id: string }[]): string[] => changes.map(({ id }) => id).sort();

const countIn = (ids: readonly string[], set: ReadonlySet<string>) => ids.filter((id) => set.has(id)).length;

/** How many of these ordered ids stand before `id`. */
const countBelow = (ids: readonly string[], id: string): number => {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
};
