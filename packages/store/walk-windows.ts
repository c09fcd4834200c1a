// SecantusDB reads and sorts all records between the bounds of an index, whatever the limit is. So a list in the order
// of time is read window by window: a page costs the same at every depth.

/**
 * A stretch of time, in milliseconds since 1970: its beginning is in it, its end is not. From `late` on there are few
 * things.
 */
export type Stretch = { from: number; late: number; to: number };

export type Window = { from: number; to: number };

/** How a stretch is read: from its end if `descending`, until there are `limit` rows. */
export type Reading<Row> = {
  read: (window: Window, limit: number) => Promise<Row[]>;
  descending: boolean;
  limit: number;
};

const firstMs = 64;
const growth = 4; // while there are too few rows

/**
 * Reads the first rows of a stretch of time, window by window. A window that holds too few rows is followed by a wider
 * one. Throws what `read` throws.
 */
export const walkWindows = async <Row>(stretch: Stretch, { read, descending, limit }: Reading<Row>): Promise<Row[]> => {
  const rows: Row[] = [];
  const readInto = async (window: Window) => {
    if (window.from < window.to && rows.length < limit) rows.push(...(await read(window, limit - rows.length)));
  };
  const few = { from: stretch.late, to: stretch.to };
  if (descending) await readInto(few);
  let left: Window = { from: stretch.from, to: stretch.late };
  for (let width = firstMs; rows.length < limit && left.from < left.to; width *= growth) {
    const window = cut(left, width, descending);
    await readInto(window);
    left = descending ? { ...left, to: window.from } : { ...left, from: window.to };
  }
  if (!descending) await readInto(few);
  return rows;
};

const cut = ({ from, to }: Window, width: number, descending: boolean): Window =>
  descending ? { from: Math.max(from, to - width), to } : { from, to: Math.min(to, from + width) };
