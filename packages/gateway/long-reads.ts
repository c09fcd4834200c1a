/**
 * Who reads a long stream from the log, and who waits to: so few at once that those who want little are not held up,
 * and that the first come to an end in time. A plain value, changed in this file only.
 */
export type LongReads = { free: number; waiting: Map<Place, () => void> };

/** One reader's place among them. */
export type Place = { taken: boolean };

const placesMax = 2;

export const openLongReads = (): LongReads => ({ free: placesMax, waiting: new Map() });

/** Takes a place when one is free, in the order of those who ask; at once for who has one. `leavePlace` must follow. */
export const takePlace = async (reads: LongReads, place: Place): Promise<void> => {
  if (place.taken) return;
  if (reads.free === 0) return new Promise((resolve) => reads.waiting.set(place, resolve));
  reads.free -= 1;
  place.taken = true;
};

/** Gives the place to the next who waits, or ends the wait for it. */
export const leavePlace = (reads: LongReads, place: Place): void => {
  reads.waiting.delete(place);
  if (!place.taken) return;
  place.taken = false;
  const [next] = reads.waiting;
  if (!next) {
    reads.free += 1;
    return;
  }
  const [waiting, goOn] = next;
  reads.waiting.delete(waiting);
  waiting.taken = true;
  goOn();
};
