/**
 * A sorted set of ids, stored as pieces of bounded length. Adding, removing and finding the nth id cost about the
 * square root of their number. `loose` ids are in the set and not sorted yet. A plain value; only this file changes it.
 */
export type SortedIds = { pieces: string[][]; size: number; loose: string[] };

const pieceMax = 512;
const pieceLoaded = 384; // leaves room for ids to come

export const openSortedIds = (): SortedIds => ({ pieces: [], size: 0, loose: [] });

/** Adds an id that is not in the set. It is sorted together with others, at the next call of another function. */
export const addLoose = (ids: SortedIds, id: string): void => {
  ids.loose.push(id);
  ids.size += 1;
};

/** Sorts the loose ids. */
export const sortLoose = (ids: SortedIds): void => {
  if (ids.loose.length === 0) return;
  const all = [...ids.pieces.flat(), ...ids.loose].sort();
  ids.pieces = [];
  for (let at = 0; at < all.length; at += pieceLoaded) ids.pieces.push(all.slice(at, at + pieceLoaded));
  ids.loose = [];
};

/** Adds an id. Does nothing if the id is in the set already. */
export const addId = (ids: SortedIds, id: string): void => {
  sortLoose(ids);
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

/** Removes an id. Does nothing if the id is not in the set. */
export const removeId = (ids: SortedIds, id: string): void => {
  sortLoose(ids);
  const at = pieceFor(ids, id);
  const piece = ids.pieces[at];
  if (!piece) return;
  const place = firstNotBelow(piece, id);
  if (piece[place] !== id) return;
  piece.splice(place, 1);
  ids.size -= 1;
  if (piece.length === 0) ids.pieces.splice(at, 1);
};

/** Returns up to `limit` ids in order, beginning with the one at `offset` (from 0). */
export const sliceIds = (ids: SortedIds, offset: number, limit: number): string[] => {
  sortLoose(ids);
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

/** The index of the piece that has the id or should get it: the last piece whose first id is not greater. */
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
