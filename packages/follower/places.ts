/** Places for work of one kind: how many are free, and what waits for one. A plain value, changed only in this file. */
export type Places = { free: number; waiting: (() => void)[] };

export const openPlaces = (count: number): Places => ({ free: count, waiting: [] });

/** Runs the work as soon as there is a place for it, in the order of the calls. Settles as the work does. */
export const inPlace = async <Result>(places: Places, work: () => Promise<Result>): Promise<Result> => {
  if (places.free > 0) places.free -= 1;
  else await new Promise<void>((resolve) => places.waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = places.waiting.shift();
    if (next) next();
    else places.free += 1;
  }
};
