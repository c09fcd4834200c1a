// Rooms for bytes in a few large buffers. Many small buffers would cost more than what is in them.

/**
 * Rooms, each at a place: a number of 32 bits that counts units of 4 bytes. A slab is a buffer, and the same bytes as
 * words. `free` has the places that were given back, by their units. A plain value; only this file changes it.
 */
export type Rooms = {
  slabs: Buffer[];
  words: Uint32Array[];
  open: number; // the slab that is being filled, up to `used` units
  used: number;
  free: Map<number, number[]>;
};

const unitBytes = 4;
const slabShift = 13;
const slabUnits = 1 << slabShift;
const sharingUnitsMax = slabUnits / 8; // a larger room has a slab of its own
const own = 0; // in `free`: slabs without a room

export const openRooms = (): Rooms => ({ slabs: [], words: [], open: 0, used: slabUnits, free: new Map() });

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

/** Takes a room of this many units. What it contains is not defined. Returns its place. */
export const takeRoom = (rooms: Rooms, units: number): number => {
  if (units > sharingUnitsMax) return takeSlab(rooms, units);
  const free = rooms.free.get(units)?.pop();
  if (free !== undefined) return free;
  if (rooms.used + units > slabUnits) {
    rooms.open = rooms.slabs.length;
    rooms.used = 0;
    putSlab(rooms, rooms.open, slabUnits);
  }
  rooms.used += units;
  return rooms.open * slabUnits + rooms.used - units;
};

const takeSlab = (rooms: Rooms, units: number): number => {
  const at = rooms.free.get(own)?.pop() ?? rooms.slabs.length;
  putSlab(rooms, at, units);
  return at * slabUnits;
};

const putSlab = ({ slabs, words }: Rooms, at: number, units: number) => {
  const slab = Buffer.allocUnsafeSlow(units * unitBytes);
  slabs[at] = slab;
  words[at] = new Uint32Array(slab.buffer);
};

/** Gives back the room of this many units. A later room of as many units gets its place. */
export const giveBackRoom = (rooms: Rooms, place: number, units: number): void => {
  const isShared = units <= sharingUnitsMax;
  if (!isShared) putSlab(rooms, place >>> slabShift, 0);
  const [key, item] = isShared ? [units, place] : [own, place >>> slabShift];
  const free = rooms.free.get(key);
  if (free) free.push(item);
  else rooms.free.set(key, [item]);
};
