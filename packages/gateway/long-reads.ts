/**
 * The running and waiting reads of long streams. Only a few run at once: they must not delay short reads, and the first
 * ones must end in time. A plain value, changed in this file only.
 */
export type LongReads = { free: number; waiting: Map<Place, () => void> };

/** Whether one reader has a place among the running reads. */
export type Place = { taken: boolean };

const placesMax = 2;

export const openLongReads = (): LongReads => ({ free: placesMax, waiting: new Map() });

/**
 * Takes a place when one is free, in the order of the calls. Returns at once for a reader that already has one. Call
 * `leavePlace` afterwards.
 */
export const takePlace = async (reads: LongReads, place: Place): Promise<void> => {
  if (place.taken) return;
  if (reads.free === 0) return new Promise((resolve) => reads.waiting.set(place, resolve));
  reads.free -= 1;
  place.taken = true;
};

/** Passes the reader's place to the next one that waits. A reader without a place stops waiting. */
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
