import { MongoServerError } from 'mongodb';

// SecantusDB reads and sorts all records between the bounds of an index, whatever the limit is. So a list in the order
// of time is read window by window: a page costs the same at every depth.

/** A stretch of time, in milliseconds since 1970: its beginning is in it, its end is not. */
export type Stretch = { from: number; to: number };

/** How a stretch is read: from its end if `descending`, until there are `limit` rows. */
export type Reading<Row> = {
  read: (stretch: Stretch, limit: number) => Promise<Row[]>;
  descending: boolean;
  limit: number;
};

const firstMs = 64;
const growth = 4; // while there are too few rows
const shrinking = 16; // after a window with so many records that it took too long

/**
 * Reads the first rows of a stretch of time, window by window. A window that holds too few rows is followed by a wider
 * one. `read` throws MaxTimeMSExpired when a window has too many records: then a smaller one is tried. Throws what
 * `read` throws otherwise, and that error for a window of one millisecond.
 */
export const walkWindows = async <Row>(whole: Stretch, { read, descending, limit }: Reading<Row>): Promise<Row[]> => {
  const rows: Row[] = [];
  let left = whole;
  for (let width = firstMs; rows.length < limit && left.from < left.to; ) {
    const window = cut(left, width, descending);
    try {
      rows.push(...(await read(window, limit - rows.length)));
    } catch (error) {
      if (!isTooSlow(error) || width <= 1) throw error;
      width = Math.max(1, Math.floor(width / shrinking));
      continue;
    }
    left = descending ? { ...left, to: window.from } : { ...left, from: window.to };
    width *= growth;
  }
  return rows;
};

const cut = ({ from, to }: Stretch, width: number, descending: boolean): Stretch =>
  descending ? { from: Math.max(from, to - width), to } : { from, to: Math.min(to, from + width) };

const maxTimeExpired = 50;

const isTooSlow = (error: unknown): boolean => error instanceof MongoServerError && error.code === maxTimeExpired;
