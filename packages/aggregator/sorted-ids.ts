import { compareIds, type Things } from './things.ts';

/**
 * A set of things, sorted by id or in another order, stored as pieces of bounded length. Adding, removing and finding
 * the nth one cost about the square root of their number. `loose` things are in the set and not sorted yet. A plain
 * value; only this file changes it.
 */
export type SortedIds = { things: Things; sorting: Sorting; pieces: Piece[]; size: number; loose: number[] };

/**
 * An order of things, by their numbers. `compare` is never 0 for two things. `compareTo` compares others with one
 * thing, whose key it reads once.
 */
export type Sorting = {
  compare: (things: Things, one: number, other: number) => number;
  compareTo: (things: Things, one: number) => (other: number) => number;
};

const byId: Sorting = {
  compare: compareIds,
  compareTo: (things, one) => (other) => compareIds(things, other, one),
};

/** The numbers of things; those from `size` on are not used. */
type Piece = { numbers: Uint32Array; size: number };

const pieceMax = 512;
const pieceLoaded = 384; // leaves room for things to come

export const openSortedIds = (things: Things, sorting: Sorting = byId): SortedIds => ({
  ...{ things, sorting },
  ...{ pieces: [], size: 0, loose: [] },
});

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
  all.sort((one, other) => ids.sorting.compare(ids.things, one, other));
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
  const compare = ids.sorting.compareTo(ids.things, number);
  const at = pieceFor(ids, compare);
  const piece = ids.pieces[at];
  if (!piece) {
    ids.pieces.push(pieceOf([number]));
    ids.size += 1;
    return;
  }
  const place = firstNotBelow(piece, compare);
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
  const compare = ids.sorting.compareTo(ids.things, number);
  const at = pieceFor(ids, compare);
  const piece = ids.pieces[at];
  if (!piece) return;
  const place = firstNotBelow(piece, compare);
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

/** Whether a thing lies before a point in the order. True up to that point, and false from there on. */
export type IsBefore = (number: number) => boolean;

/**
 * Returns up to `limit` things of a range: those after the last one that `isLow` and before the first one that
 * `isHigh`. In their order from its beginning, or backwards from its end.
 */
export const sliceRange = (
  ids: SortedIds,
  isLow: IsBefore,
  isHigh: IsBefore,
  limit: number,
  isBackwards: boolean,
): number[] => {
  sortLoose(ids);
  return isBackwards ? sliceDown(ids, isLow, isHigh, limit) : sliceUp(ids, isLow, isHigh, limit);
};

const sliceUp = (ids: SortedIds, isLow: IsBefore, isHigh: IsBefore, limit: number): number[] => {
  const slice: number[] = [];
  let { at, place } = pointOf(ids, isLow);
  for (; at < ids.pieces.length; at += 1, place = 0) {
    const { numbers, size } = ids.pieces[at] as Piece;
    for (; place < size; place += 1) {
      const number = numbers[place] as number;
      if (slice.length >= limit || isHigh(number)) return slice;
      slice.push(number);
    }
  }
  return slice;
};

const sliceDown = (ids: SortedIds, isLow: IsBefore, isHigh: IsBefore, limit: number): number[] => {
  const slice: number[] = [];
  let { at, place } = pointOf(ids, (number) => !isHigh(number));
  for (; at >= 0; at -= 1, place = ids.pieces[at]?.size ?? 0) {
    const numbers = ids.pieces[at]?.numbers ?? [];
    for (; place > 0; place -= 1) {
      const number = numbers[place - 1] as number;
      if (slice.length >= limit || isLow(number)) return slice;
      slice.push(number);
    }
  }
  return slice;
};

/** Returns how many things are in a range, as `sliceRange` has it. */
export const countRange = (ids: SortedIds, isLow: IsBefore, isHigh: IsBefore): number => {
  sortLoose(ids);
  const from = pointOf(ids, isLow);
  const end = pointOf(ids, (number) => !isHigh(number));
  if (end.at < from.at) return 0; // the bounds contradict each other
  let count = end.place - from.place;
  for (let at = from.at; at < end.at; at += 1) count += ids.pieces[at]?.size ?? 0;
  return Math.max(0, count);
};

/** The piece and the place in it of the first thing that is not before a point. */
const pointOf = ({ pieces }: SortedIds, isBefore: IsBefore): { at: number; place: number } => {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { numbers, size } = pieces[middle] as Piece;
    if (isBefore(numbers[size - 1] as number)) low = middle + 1;
    else high = middle;
  }
  const piece = pieces[low];
  if (!piece) return { at: low, place: 0 };
  let [first, end] = [0, piece.size];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (isBefore(piece.numbers[middle] as number)) first = middle + 1;
    else end = middle;
  }
  return { at: low, place: first };
};

/** The index of the piece that has the thing or should get it: the last piece whose first id is not greater. */
const pieceFor = ({ pieces }: SortedIds, compare: (other: number) => number): number => {
  let high = pieces.length;
  // new ids are the greatest ones, mostly
  let low = high > 0 && compare(pieces[high - 1]?.numbers[0] ?? 0) <= 0 ? high : 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(pieces[middle]?.numbers[0] ?? 0) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

const firstNotBelow = ({ numbers, size }: Piece, compare: (other: number) => number): number => {
  let high = size;
  let low = high > 0 && compare(numbers[high - 1] ?? 0) < 0 ? high : 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(numbers[middle] ?? 0) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
