/**
 * Which reads of long streams are under way, and which wait. Few run at once, so that short reads are not delayed and
 * the first long ones end in time. A plain value, changed in this file only.
 */
export type LongReads = { free: number; waiting: Map<Place, () => void> };

/** One reader's place among them. */
export type Place = { taken: boolean };

const placesMax = 2;

export const openLongReads = (): LongReads => ({ free: placesMax, waiting: new Map() });

/**
 * Takes a place when one is free, in the order of the calls; at once for a reader that has one. Then call `leavePlace`.
 */
export const takePlace = async (reads: LongReads, place: Place): Promise<void> => {
  if (place.taken) return;
  if (reads.free === 0) return new Promise((resolve) => reads.waiting.set(place, resolve));
  reads.free -= 1;
  place.taken = true;
};

/** Gives the place to the next reader that waits, or ends the wait for it. */
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
