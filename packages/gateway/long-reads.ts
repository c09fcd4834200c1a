/**
 * The reads of long streams that run, and those that wait. Few run at once, so that they do not delay short reads. A
 * plain value. Only this file changes it.
 */
export type LongReads = { free: number; waiting: Map<Place, () => void> };

/** The place of one reader. */
export type Place = { taken: boolean };

const placesMax = 2;

export const openLongReads = (): LongReads => ({ free: placesMax, waiting: new Map() });

/**
 * Waits for a free place, in the order of the calls. A reader that has a place keeps it. Call `leavePlace` afterwards.
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
