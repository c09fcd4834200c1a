import { compareIds, type Things } from './things.ts';

/**
 * A set of things, sorted by id, stored as pieces of bounded length. Adding, removing and finding the nth one cost
 * about the square root of their number. `loose` things are in the set and not sorted yet. A plain value; only this
 * file changes it.
 */
export type SortedIds = { things: Things; pieces: Piece[]; size: number; loose: number[] };

/** The numbers of things; those from `size` on are not used. */
type Piece = { numbers: Uint32Array; size: number };

const pieceMax = 512;
const pieceLoaded = 384; // leaves room for things to come

export const openSortedIds = (things: Things): SortedIds => ({ things, pieces: [], size: 0, loose: [] });

/** Adds a thing that is not in the set. It is sorted together with others, at the next call of another function. */
export const addLoose = (ids: SortedIds, number: number): void => {
  ids.loose.push(number);
  ids.size += 1;
};

/** Sorts the loose things. */
export const sortLoose = (ids: SortedIds): void => {
  if (ids.loose.length === 0) return;
  // a list is sorted fast when most of it is in order already, as records often are; an array of numbers is not
  const all = [...ids.pieces.flatMap(usedOf), ...ids.loose];
  all.sort((one, other) => compareIds(ids.things, one, other));
  ids.pieces = [];
  for (let at = 0; at < all.length; at += pieceLoaded) ids.pieces.push(pieceOf(all.slice(at, at + pieceLoaded)));
  ids.loose = [];
};

const usedOf = ({ numbers, size }: Piece): number[] => [...numbers.subarray(0, size)];

const pieceOf = (some: ArrayLike<number>): Piece => {
  const numbers = new Uint32Array(pieceMax);
  numbers.set(some);
  return { numbers, size: some.length };
};

/** Adds a thing. Does nothing if it is in the set already. */
export const addId = (ids: SortedIds, number: number): void => {
  sortLoose(ids);
  const at = pieceFor(ids, number);
  const piece = ids.pieces[at];
  if (!piece) {
    ids.pieces.push(pieceOf([number]));
    ids.size += 1;
    return;
  }
  const place = firstNotBelow(ids, piece, number);
  if (place < piece.size && piece.numbers[place] === number) return;
  if (piece.size === pieceMax && place === pieceMax && at === ids.pieces.length - 1) {
    ids.pieces.push(pieceOf([number])); // ids that only rise fill whole pieces
    ids.size += 1;
    return;
  }
  if (piece.size === pieceMax) {
    const half = pieceMax / 2;
    ids.pieces.splice(at, 1, ...[0, half].map((from) => pieceOf(piece.numbers.subarray(from, from + half))));
    return addId(ids, number);
  }
  piece.numbers.copyWithin(place + 1, place, piece.size);
  piece.numbers[place] = number;
  piece.size += 1;
  ids.size += 1;
};

/** Removes a thing. Does nothing if it is not in the set. */
export const removeId = (ids: SortedIds, number: number): void => {
  sortLoose(ids);
  const at = pieceFor(ids, number);
  const piece = ids.pieces[at];
  if (!piece) return;
  const place = firstNotBelow(ids, piece, number);
  if (place === piece.size || piece.numbers[place] !== number) return;
  piece.numbers.copyWithin(place, place + 1, piece.size);
  piece.size -= 1;
  ids.size -= 1;
  if (piece.size === 0) ids.pieces.splice(at, 1);
};

/** Returns up to `limit` things in order, beginning with the one at `offset` (from 0). */
export const sliceIds = (ids: SortedIds, offset: number, limit: number): number[] => {
  sortLoose(ids);
  const slice: number[] = [];
  let skip = offset;
  for (const { numbers, size } of ids.pieces) {
    if (slice.length >= limit) break;
    if (skip >= size) {
      skip -= size;
      continue;
    }
    slice.push(...numbers.subarray(skip, Math.min(size, skip + limit - slice.length)));
    skip = 0;
  }
  return slice;
};

/** The index of the piece that has the thing or should get it: the last piece whose first id is not greater. */
const pieceFor = ({ pieces, things }: SortedIds, number: number): number => {
  let high = pieces.length;
  // new ids are the greatest ones, mostly
  let low = high > 0 && compareIds(things, pieces[high - 1]?.numbers[0] ?? 0, number) <= 0 ? high : 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(things, pieces[middle]?.numbers[0] ?? 0, number) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

const firstNotBelow = ({ things }: SortedIds, { numbers, size }: Piece, number: number): number => {
  let high = size;
  let low = high > 0 && compareIds(things, numbers[high - 1] ?? 0, number) < 0 ? high : 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(things, numbers[middle] ?? 0, number) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
