// Rooms for bytes in a few large buffers. Many small buffers would cost more than what is in them.

/**
 * Rooms, each at a place: a number of 32 bits that counts units of 4 bytes. A slab is a buffer, and the same bytes as
 * words. Rooms are taken one behind the other, and never again by themselves: a slab of which less than half is in use
 * counts as sparse. Its owner moves what is left in it, and then the whole slab is used again. So at most half of the
 * memory is unused, whatever sizes come and go. A plain value; only this file changes it.
 */
export type Rooms = {
  slabs: Buffer[];
  words: Uint32Array[];
  live: number[]; // by slab: the units in use
  ends: number[]; // by slab: up to here, rooms were taken
  open: number; // the slab that is being filled
  sparse: Set<number>; // slabs
  free: number[]; // slabs without a room
};

const unitBytes = 4;
const slabShift = 13;
const slabUnits = 1 << slabShift;
const slabsMax = 2 ** (32 - slabShift);
const sharingUnitsMax = slabUnits / 8; // a larger room has a slab of its own
const none = -1;

export const openRooms = (): Rooms => ({
  ...{ slabs: [], words: [], live: [], ends: [], open: none, sparse: new Set(), free: [] },
});

export const unitsOf = (bytes: number): number => Math.ceil(bytes / unitBytes);

/** The buffer in which the room at this place lies. */
export const slabAt = (rooms: Rooms, place: number): Buffer => rooms.slabs[place >>> slabShift] as Buffer;

/** Where the room at this place begins in its buffer. */
export const offsetAt = (place: number): number => (place & (slabUnits - 1)) * unitBytes;

/** A word of the room at this place. */
export const wordAt = ({ words }: Rooms, place: number, word: number): number =>
  (words[place >>> slabShift] as Uint32Array)[(place & (slabUnits - 1)) + word] as number;

export const setWordAt = ({ words }: Rooms, place: number, word: number, value: number): void => {
  (words[place >>> slabShift] as Uint32Array)[(place & (slabUnits - 1)) + word] = value;
};

/**
 * Takes a room of this many units. What it contains is not defined. Returns its place. Throws RangeError when there are
 * too many rooms.
 */
export const takeRoom = (rooms: Rooms, units: number): number => {
  const isShared = units <= sharingUnitsMax;
  if (!isShared) return takeFrom(rooms, openSlab(rooms, units), units);
  if (rooms.open === none || (rooms.ends[rooms.open] as number) + units > slabUnits) {
    const full = rooms.open;
    rooms.open = openSlab(rooms, slabUnits);
    if (full !== none) noteSparse(rooms, full);
  }
  return takeFrom(rooms, rooms.open, units);
};

const takeFrom = ({ ends, live }: Rooms, slab: number, units: number): number => {
  const end = ends[slab] as number;
  ends[slab] = end + units;
  live[slab] = (live[slab] as number) + units;
  return slab * slabUnits + end;
};

const openSlab = ({ ends, free, live, slabs, words }: Rooms, units: number): number => {
  const at = free.pop() ?? slabs.length;
  if (at >= slabsMax) throw new RangeError('Cannot hold more states in one partition: set PARTITIONS higher');
  if (slabs[at]?.length !== units * unitBytes) {
    const slab = Buffer.allocUnsafeSlow(units * unitBytes);
    slabs[at] = slab;
    words[at] = new Uint32Array(slab.buffer);
  }
  ends[at] = live[at] = 0;
  return at;
};

/**
 * Changes the size of a room where it is, if it is the last one that was taken. Returns whether it did. A new thing
 * gets its state at once, so it needs no second room.
 */
export const resizeRoom = (rooms: Rooms, place: number, units: number, wanted: number): boolean => {
  const { ends, live, open } = rooms;
  const end = place + wanted - open * slabUnits;
  const isLast = place >>> slabShift === open && place + units === open * slabUnits + (ends[open] as number);
  if (!isLast || end > slabUnits || wanted > sharingUnitsMax) return false;
  ends[open] = end;
  live[open] = (live[open] as number) + wanted - units;
  return true;
};

/** Gives back the room of this many units. */
export const giveBackRoom = (rooms: Rooms, place: number, units: number): void => {
  const slab = place >>> slabShift;
  rooms.live[slab] = (rooms.live[slab] as number) - units;
  if (slab !== rooms.open) noteSparse(rooms, slab);
};

const noteSparse = (rooms: Rooms, slab: number) => {
  const live = rooms.live[slab] as number;
  if (live === 0) freeSlab(rooms, slab);
  else if (live * 2 < slabUnits && isShared(rooms, slab)) rooms.sparse.add(slab);
};

const isShared = ({ slabs }: Rooms, slab: number): boolean => slabs[slab]?.length === slabUnits * unitBytes;

const freeSlab = (rooms: Rooms, slab: number) => {
  rooms.sparse.delete(slab);
  if (!isShared(rooms, slab)) {
    rooms.slabs[slab] = Buffer.alloc(0);
    rooms.words[slab] = new Uint32Array(0);
  }
  rooms.free.push(slab);
};

/** Returns a sparse slab whose rooms should be moved, or undefined. Pure. */
export const findSparse = ({ sparse }: Rooms): number | undefined => sparse.values().next().value;

/**
 * Calls `move` with the place of each room that was ever taken in a slab, whether it is still in use or not. `unitsAt`
 * tells the units of a room.
 */
export const forRooms = (
  rooms: Rooms,
  slab: number,
  unitsAt: (place: number) => number,
  move: (place: number) => void,
): void => {
  const end = slab * slabUnits + (rooms.ends[slab] as number);
  for (let place = slab * slabUnits; place < end; ) {
    const units = unitsAt(place);
    move(place);
    place += units;
  }
  rooms.sparse.delete(slab);
};

/** The bytes of all slabs. */
export const bytesOfRooms = ({ slabs }: Rooms): number => slabs.reduce((sum, { length }) => sum + length, 0);
