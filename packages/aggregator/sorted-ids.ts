/**
 * Ids in order, in pieces of bounded length, so that adding, removing and finding the nth cost about the square root of
 * their number. A plain value, changed in this file only.
 */
export type SortedIds = { pieces: string[][]; size: number };

const pieceMax = 512;

export const openSortedIds = (): SortedIds => ({ pieces: [], size: 0 });

/** Adds an id; one that is there already changes nothing. */
export const addId = (ids: SortedIds, id: string): void => {
  const at = pieceFor(ids, id);
  const piece = ids.pieces[at];
  if (!piece) {
    ids.pieces.push([id]);
    ids.size += 1;
    return;
  }
  const place = firstNotBelow(piece, id);
  if (piece[place] === id) return;
  piece.splice(place, 0, id);
  ids.size += 1;
  if (piece.length > pieceMax) ids.pieces.splice(at, 1, piece.slice(0, pieceMax / 2), piece.slice(pieceMax / 2));
};

/** Removes an id; one that is not there changes nothing. */
export const removeId = (ids: SortedIds, id: string): void => {
  const at = pieceFor(ids, id);
  const piece = ids.pieces[at];
  if (!piece) return;
  const place = firstNotBelow(piece, id);
  if (piece[place] !== id) return;
  piece.splice(place, 1);
  ids.size -= 1;
  if (piece.length === 0) ids.pieces.splice(at, 1);
};

/** Up to `limit` ids from the one at `offset` (from 0) on. */
export const sliceIds = (ids: SortedIds, offset: number, limit: number): string[] => {
  const slice: string[] = [];
  let skip = offset;
  for (const piece of ids.pieces) {
    if (slice.length >= limit) break;
    if (skip >= piece.length) {
      skip -= piece.length;
      continue;
    }
    slice.push(...piece.slice(skip, skip + limit - slice.length));
    skip = 0;
  }
  return slice;
};

/** The piece that has the id or into which it belongs: the last one that does not begin above it. */
const pieceFor = (ids: SortedIds, id: string): number => {
  let low = 0;
  let high = ids.pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids.pieces[middle]?.[0] ?? '') <= id) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

const firstNotBelow = (piece: string[], id: string): number => {
  let low = 0;
  let high = piece.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((piece[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
};
