import { randomInt } from 'node:crypto';
import { absent, type Entity, type Key as IndexKey, keyOfThing, keyOf as keyOfValue, type State } from '@muster/model';
import {
  emptyScratch,
  openScratch,
  type Packed,
  type PackedFields,
  packFields,
  unpackField,
  unpackFields,
} from '@muster/store';
import {
  bytesOfRooms,
  findSparse,
  forRooms,
  giveBackRoom,
  offsetAt,
  openRooms,
  type Rooms,
  resizeRoom,
  setWordAt,
  slabAt,
  takeRoom,
  unitsOf,
  wordAt,
} from './rooms.ts';

// The things of a partition as bytes. Objects, their texts and a Map of them would take three times as much memory, and
// the garbage collector would visit all of them. Every event and every read passes here, hence the loops over letters.

/**
 * The things of a partition, numbered from 0. All code may read them, through the functions below. Only table.ts
 * changes them.
 */
export type Things = { readonly [opaque]: true };
declare const opaque: unique symbol;

/**
 * A thing has a room: a head, its id in whole words, then the fields of an active state. `places` and `hashes` are by
 * number. `index` is a hash table with linear probing of numbers, each one higher than it is; 0 is free.
 */
type Stored = {
  entities: Entity[];
  names: string[]; // of the entities
  rooms: Rooms;
  count: number;
  places: Uint32Array;
  hashes: Uint32Array;
  index: Uint32Array;
  odd: Map<number, State>; // the states that cannot be packed
  removed: number[]; // numbers without a thing, for the next things
};

const storedIn = (things: Things) => things as unknown as Stored;

// the head of a room, in words; the first one has the kind of the state, how the id is written, and the entity
const head = { about: 0, idBytes: 1, units: 2, version: 3, saved: 4 };
const times = { created: 20, changed: 28 }; // in bytes
const headWords = 9;
const headBytes = 4 * headWords;
const kinds = { absent: 0, active: 1, deleted: 2, odd: 3 };
const kindMask = 0xff;
const isWide = 0x100; // an id with letters beyond ASCII takes two bytes a letter
const wideShift = 8;
const entityShift = 16;

/** The largest version that a thing can have here. */
export const versionMax = 2 ** 32 - 1;

export const openThings = (): Things => {
  const stored: Stored = {
    ...{ entities: [], names: [], rooms: openRooms(), count: 0, odd: new Map(), removed: [] },
    ...{ places: new Uint32Array(16), hashes: new Uint32Array(16), index: new Uint32Array(32) },
  };
  return stored as unknown as Things;
};

/** The bytes of the buffers in which the things lie. */
export const bytesOfThings = (things: Things): number => bytesOfRooms(storedIn(things).rooms);

/** The numbers are below this one. Some of them may have no thing. */
export const countThings = (things: Things): number => storedIn(things).count;

/** Whether there is a thing of this number. */
export const isThere = (things: Things, number: number): boolean => storedIn(things).places[number] !== nowhere;

const nowhere = 2 ** 32 - 1; // no room begins there, as it would need more than that place

/** Returns the number of a thing, or -1 without it. */
export const findThing = (things: Things, entity: string, id: string): number => {
  const stored = storedIn(things);
  const ofEntity = stored.names.indexOf(entity);
  return ofEntity < 0 ? -1 : findKey(stored, readKey(ofEntity, id));
};

const findKey = (stored: Stored, hash: number): number => {
  const { hashes, index } = stored;
  const mask = index.length - 1;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const number = (index[at] ?? 0) - 1;
    if (number < 0) return -1;
    if (hashes[number] === hash && isThing(stored, number)) return number;
  }
};

// whether it is the thing of the key
const isThing = ({ places, rooms }: Stored, number: number): boolean => {
  const place = places[number] ?? 0;
  if (wordAt(rooms, place, head.about) >>> wideShift !== key.about >>> wideShift) return false;
  if (wordAt(rooms, place, head.idBytes) !== key.bytes) return false;
  const { words } = key;
  const count = wordsOf(key.bytes);
  for (let word = 0; word < count; word += 1) if (wordAt(rooms, place, headWords + word) !== words[word]) return false;
  return true;
};

const wordsOf = (bytes: number): number => (bytes + 3) >>> 2;

/** An id as it is in a room: its words, its length in bytes, and the first word of the head. */
type Key = { buffer: Buffer; words: Uint32Array; bytes: number; about: number };

const keyOf = (bytes: number): Key => {
  const buffer = Buffer.allocUnsafeSlow(4 * wordsOf(bytes));
  return { buffer, words: new Uint32Array(buffer.buffer), bytes: 0, about: 0 };
};

let key = keyOf(1_024); // only for the length of one call, as the scratch below

const seed = randomInt(2 ** 32); // so that nobody can choose ids that all have one hash

/** Makes an id the key. Returns its hash. */
const readKey = (ofEntity: number, id: string): number => {
  if (3 * id.length + 4 > key.buffer.length) key = keyOf(3 * id.length + 4);
  const { buffer } = key;
  key.bytes = buffer.write(id);
  key.about = kinds.absent | (ofEntity << entityShift);
  // UTF-8 has one byte for each letter of ASCII, and more for all others
  if (key.bytes !== id.length) {
    key.bytes = buffer.write(id, 'utf16le');
    key.about |= isWide;
  }
  return hashOfKey(ofEntity);
};

/** The same for an id that is stored as bytes, all of them ASCII. */
const readStoredKey = (ofEntity: number, bytes: Buffer, from: number, end: number): number => {
  if (end - from + 4 > key.buffer.length) key = keyOf(end - from + 4);
  copyBytes(bytes, from, end, key.buffer, 0);
  key.bytes = end - from;
  key.about = kinds.absent | (ofEntity << entityShift);
  return hashOfKey(ofEntity);
};

const hashOfKey = (ofEntity: number): number => {
  const { buffer, bytes, words } = key;
  buffer[bytes] = buffer[bytes + 1] = buffer[bytes + 2] = 0; // to the end of the word
  const count = wordsOf(bytes);
  let hash = seed ^ ofEntity ^ bytes;
  for (let word = 0; word < count; word += 1) {
    hash = Math.imul(hash ^ (words[word] as number), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x2c1b3c6d);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Adds a thing that is absent. It must not be here already. Returns its number. */
export const addThing = (things: Things, entity: Entity, id: string): number => {
  const stored = storedIn(things);
  return addKey(stored, readKey(numberEntity(stored, entity), id), 0);
};

/**
 * Returns the number of the thing whose packed state was stored. Adds it if it is not here, absent and with room for
 * the state.
 */
export const findOrAddStored = (things: Things, entity: Entity, packed: Packed): number => {
  const stored = storedIn(things);
  const hash = readStoredKey(numberEntity(stored, entity), packed.record, packed.idFrom, packed.idEnd);
  const found = findKey(stored, hash);
  return found < 0 ? addKey(stored, hash, packed.end - packed.from) : found;
};

const numberEntity = ({ entities, names }: Stored, entity: Entity): number => {
  const known = names.indexOf(entity.name);
  if (known >= 0) return known;
  entities.push(entity);
  return names.push(entity.name) - 1;
};

/** Adds the thing of the key, with room for some bytes of fields. */
const addKey = (stored: Stored, hash: number, further: number): number => {
  const { rooms } = stored;
  const count = wordsOf(key.bytes);
  const units = headWords + count + unitsOf(further);
  const place = takeRoom(rooms, units);
  for (let word = 0; word < headWords; word += 1) setWordAt(rooms, place, word, 0);
  setWordAt(rooms, place, head.about, key.about);
  setWordAt(rooms, place, head.idBytes, key.bytes);
  setWordAt(rooms, place, head.units, units);
  for (let word = 0; word < count; word += 1) setWordAt(rooms, place, headWords + word, key.words[word] as number);
  const number = addNumber(stored, place, hash);
  moveSparse(stored);
  return number;
};

/** Removes a thing. Its number may become that of another thing. */
export const removeThing = (things: Things, number: number): void => {
  const stored = storedIn(things);
  const place = stored.places[number] ?? 0;
  stored.odd.delete(number);
  takeFromIndex(stored, number);
  stored.places[number] = nowhere;
  stored.removed.push(number);
  giveBackRoom(stored.rooms, place, wordAt(stored.rooms, place, head.units));
  moveSparse(stored);
};

const addNumber = (stored: Stored, place: number, hash: number): number => {
  const again = stored.removed.pop();
  if (again !== undefined) {
    stored.places[again] = place;
    stored.hashes[again] = hash;
    putInIndex(stored, again);
    return again;
  }
  const number = stored.count;
  if (number === stored.places.length) {
    stored.places = larger(stored.places);
    stored.hashes = larger(stored.hashes);
  }
  stored.places[number] = place;
  stored.hashes[number] = hash;
  stored.count += 1;
  // at most two thirds are taken
  if (stored.count * 3 > stored.index.length * 2) rebuildIndex(stored);
  else putInIndex(stored, number);
  return number;
};

const larger = (numbers: Uint32Array): Uint32Array => {
  const grown = new Uint32Array(Math.ceil(numbers.length * 1.25));
  grown.set(numbers);
  return grown;
};

const rebuildIndex = (stored: Stored): void => {
  stored.index = new Uint32Array(stored.index.length * 2);
  for (let number = 0; number < stored.count; number += 1)
    if (stored.places[number] !== nowhere) putInIndex(stored, number);
};

const putInIndex = ({ hashes, index }: Stored, number: number): void => {
  const mask = index.length - 1;
  let at = (hashes[number] ?? 0) & mask;
  while (index[at] !== 0) at = (at + 1) & mask;
  index[at] = number + 1;
};

/** Takes a number out of the hash table. Those behind it move up, so that each is found from its own place on. */
const takeFromIndex = ({ hashes, index }: Stored, number: number): void => {
  const mask = index.length - 1;
  let hole = (hashes[number] ?? 0) & mask;
  while (index[hole] !== number + 1) hole = (hole + 1) & mask;
  for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
    const home = (hashes[(index[at] ?? 0) - 1] ?? 0) & mask;
    // it may move to the hole unless its own place lies between the two
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    index[hole] = index[at] ?? 0;
    hole = at;
  }
  index[hole] = 0;
};

export const entityOf = (things: Things, number: number): Entity => {
  const { entities, places, rooms } = storedIn(things);
  return entities[wordAt(rooms, places[number] ?? 0, head.about) >>> entityShift] as Entity;
};

export const idOf = (things: Things, number: number): string => {
  const { places, rooms } = storedIn(things);
  const place = places[number] ?? 0;
  const from = offsetAt(place) + headBytes;
  const encoding = wordAt(rooms, place, head.about) & isWide ? 'utf16le' : 'latin1';
  return slabAt(rooms, place).toString(encoding, from, from + wordAt(rooms, place, head.idBytes));
};

/** Compares the ids of two things, as `<` compares texts. */
export const compareIds = (things: Things, one: number, other: number): number => {
  const { places, rooms } = storedIn(things);
  const [place, otherPlace] = [places[one] ?? 0, places[other] ?? 0];
  if ((wordAt(rooms, place, head.about) | wordAt(rooms, otherPlace, head.about)) & isWide)
    return compareTexts(idOf(things, one), idOf(things, other));
  const [bytes, otherBytes] = [wordAt(rooms, place, head.idBytes), wordAt(rooms, otherPlace, head.idBytes)];
  const count = wordsOf(Math.min(bytes, otherBytes));
  for (let word = headWords; word < headWords + count; word += 1) {
    const [here, there] = [wordAt(rooms, place, word), wordAt(rooms, otherPlace, word)];
    if (here !== there) return firstByteFirst(here) - firstByteFirst(there);
  }
  return bytes - otherBytes;
};

// the first byte in memory is the lowest one of its word
const firstByteFirst = (word: number): number =>
  ((word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

const compareTexts = (one: string, other: string): number => {
  if (one === other) return 0;
  return one < other ? -1 : 1;
};

/** The version of the thing's state. */
export const versionOf = (things: Things, number: number): number => {
  const { places, rooms } = storedIn(things);
  return wordAt(rooms, places[number] ?? 0, head.version);
};

/** The version of the thing's record; 0 without one. */
export const savedVersionOf = (things: Things, number: number): number => {
  const { places, rooms } = storedIn(things);
  return wordAt(rooms, places[number] ?? 0, head.saved);
};

export const setSavedVersion = (things: Things, number: number, version: number): void => {
  const { places, rooms } = storedIn(things);
  setWordAt(rooms, places[number] ?? 0, head.saved, version);
};

/** Whether the thing is active. Does not unpack its state. */
export const isActive = (things: Things, number: number): boolean => {
  const { odd, places, rooms } = storedIn(things);
  if (places[number] === nowhere) return false;
  const kind = wordAt(rooms, places[number] ?? 0, head.about) & kindMask;
  return kind === kinds.active || (kind === kinds.odd && odd.get(number)?.status === 'active');
};

/** Unpacks the thing's state. */
export const stateOf = (things: Things, number: number): State => {
  const { entities, odd, places, rooms } = storedIn(things);
  const place = places[number] ?? 0;
  const about = wordAt(rooms, place, head.about);
  const kind = about & kindMask;
  if (kind === kinds.odd) return odd.get(number) ?? absent;
  const version = wordAt(rooms, place, head.version);
  if (kind === kinds.absent) return version === 0 ? absent : { status: 'absent', version };
  const slab = slabAt(rooms, place);
  const at = offsetAt(place);
  const createdAt = new Date(slab.readDoubleLE(at + times.created));
  const changedAt = new Date(slab.readDoubleLE(at + times.changed));
  if (kind === kinds.deleted) return { status: 'deleted', version, createdAt, deletedAt: changedAt };
  const fields = unpackFields(entities[about >>> entityShift] as Entity, slab, at + bytesBefore(rooms, place));
  return { status: 'active', version, fields, createdAt, updatedAt: changedAt };
};

/** Returns when the last event of a thing came, in milliseconds since 1970; 0 without one. */
export const changedAtOf = (things: Things, number: number): number => {
  const { odd, places, rooms } = storedIn(things);
  const place = places[number] ?? 0;
  const kind = wordAt(rooms, place, head.about) & kindMask;
  if (kind === kinds.odd) return changedAtIn(odd.get(number) ?? absent);
  return kind === kinds.absent ? 0 : slabAt(rooms, place).readDoubleLE(offsetAt(place) + times.changed);
};

/** Returns when the last event of a state came, as `changedAtOf` does. */
export const changedAtIn = (state: State): number => {
  switch (state.status) {
    case 'absent':
      return 0;
    case 'active':
      return state.updatedAt.getTime();
    case 'deleted':
      return state.deletedAt.getTime();
  }
};

/** Reads the key of an active thing for an index. */
export type KeyReader = (number: number) => IndexKey;

/**
 * Returns a reader of the keys of an entity's active things for an index, declared or built in. It reads no more of a
 * packed state than it needs.
 */
export const keyReaderOf = (things: Things, entity: Entity, field: string): KeyReader => {
  const stored = storedIn(things);
  const read = packedReaderOf(things, entity, field);
  return (number) => {
    const odd = stored.odd.size > 0 ? stored.odd.get(number) : undefined;
    return odd?.status === 'active' ? keyOfThing(idOf(things, number), odd, field) : read(number);
  };
};

/** The same with times as numbers, which are in the same order. */
export const fastReaderOf = (things: Things, entity: Entity, field: string): KeyReader => {
  const stored = storedIn(things);
  const read = keyReaderOf(things, entity, field);
  if (field !== 'createdAt' && field !== 'updatedAt') return read;
  const offset = field === 'createdAt' ? times.created : times.changed;
  return (number) => {
    if (stored.odd.size > 0) return Number(read(number));
    const place = stored.places[number] ?? 0;
    return slabAt(stored.rooms, place).readDoubleLE(offsetAt(place) + offset);
  };
};

const packedReaderOf = (things: Things, { fieldNames }: Entity, field: string): KeyReader => {
  const stored = storedIn(things);
  const index = fieldNames.indexOf(field);
  switch (field) {
    case 'id':
      return (number) => idOf(things, number);
    case 'version':
      return (number) => versionOf(things, number);
    case 'createdAt':
      return (number) => timeAt(stored, number, times.created);
    case 'updatedAt':
      return (number) => timeAt(stored, number, times.changed);
    default:
      return (number) => keyOfValue(fieldAt(stored, number, index));
  }
};

const timeAt = ({ places, rooms }: Stored, number: number, offset: number): Date => {
  const place = places[number] ?? 0;
  return new Date(slabAt(rooms, place).readDoubleLE(offsetAt(place) + offset));
};

const fieldAt = ({ places, rooms }: Stored, number: number, index: number): unknown => {
  const place = places[number] ?? 0;
  return unpackField(index, slabAt(rooms, place), offsetAt(place) + bytesBefore(rooms, place));
};

// of the head and the id
const bytesBefore = (rooms: Rooms, place: number): number =>
  headBytes + 4 * wordsOf(wordAt(rooms, place, head.idBytes));

const scratch = openScratch(); // only for the length of one call
const noFields: PackedFields = { bytes: Buffer.alloc(0), from: 0, end: 0, createdAt: 0, updatedAt: 0 };

/** Sets the thing's state. Packs it, unless it has a value that cannot be packed. */
export const setState = (things: Things, number: number, state: State): void => {
  const stored = storedIn(things);
  switch (state.status) {
    case 'absent':
      return write(stored, number, kinds.absent, state.version, noFields);
    case 'deleted': {
      const [createdAt, updatedAt] = [state.createdAt.getTime(), state.deletedAt.getTime()];
      return write(stored, number, kinds.deleted, state.version, { ...noFields, createdAt, updatedAt });
    }
    case 'active': {
      emptyScratch(scratch);
      const isPacked = packFields(scratch, entityOf(things, number), state.fields);
      if (!isPacked) return writeOdd(stored, number, state);
      const [createdAt, updatedAt] = [state.createdAt.getTime(), state.updatedAt.getTime()];
      const packed = { bytes: scratch.bytes, from: 0, end: scratch.used, createdAt, updatedAt };
      return write(stored, number, kinds.active, state.version, packed);
    }
  }
};

const writeOdd = (stored: Stored, number: number, state: State) => {
  write(stored, number, kinds.odd, state.version, noFields);
  stored.odd.set(number, state);
};

/** Sets the state of the thing to an active one that is packed. */
export const setPacked = (things: Things, number: number, version: number, packed: PackedFields): void =>
  write(storedIn(things), number, kinds.active, version, packed);

const write = (stored: Stored, number: number, kind: number, version: number, packed: PackedFields): void => {
  const { odd, rooms } = stored;
  const { bytes, from, end } = packed;
  if (odd.size > 0) odd.delete(number);
  const before = bytesBefore(rooms, stored.places[number] ?? 0);
  const place = fitRoom(stored, number, before, end - from);
  const slab = slabAt(rooms, place);
  const at = offsetAt(place);
  setWordAt(rooms, place, head.about, (wordAt(rooms, place, head.about) & ~kindMask) | kind);
  setWordAt(rooms, place, head.version, version);
  slab.writeDoubleLE(packed.createdAt, at + times.created);
  slab.writeDoubleLE(packed.updatedAt, at + times.changed);
  copyBytes(bytes, from, end, slab, at + before);
  moveSparse(stored);
};

/** Moves the head and the id of a thing to a room for this many further bytes, if its own has another size. */
const fitRoom = ({ places, rooms }: Stored, number: number, before: number, further: number): number => {
  const place = places[number] ?? 0;
  const units = wordAt(rooms, place, head.units);
  const wanted = unitsOf(before + further);
  if (units === wanted) return place;
  if (resizeRoom(rooms, place, units, wanted)) {
    setWordAt(rooms, place, head.units, wanted);
    return place;
  }
  const next = takeRoom(rooms, wanted);
  const from = offsetAt(place);
  copyBytes(slabAt(rooms, place), from, from + before, slabAt(rooms, next), offsetAt(next));
  setWordAt(rooms, next, head.units, wanted);
  giveBackRoom(rooms, place, units);
  places[number] = next;
  return next;
};

/** Moves the rooms out of sparse slabs. Each such slab has less than 16 KiB in use. */
const moveSparse = (stored: Stored) => {
  const { rooms } = stored;
  const unitsAt = (place: number) => wordAt(rooms, place, head.units);
  for (let slab = findSparse(rooms); slab !== undefined; slab = findSparse(rooms))
    forRooms(rooms, slab, unitsAt, (place) => moveRoom(stored, place));
};

/** Moves a room to another slab, if a thing still has it. */
const moveRoom = (stored: Stored, place: number) => {
  const { places, rooms } = stored;
  const number = findByRoom(stored, place);
  if (number < 0 || places[number] !== place) return; // its thing has moved
  const units = wordAt(rooms, place, head.units);
  const next = takeRoom(rooms, units);
  const from = offsetAt(place);
  slabAt(rooms, place).copy(slabAt(rooms, next), offsetAt(next), from, from + 4 * units);
  places[number] = next;
  giveBackRoom(rooms, place, units);
};

/** Finds the thing with the id that is in this room. */
const findByRoom = (stored: Stored, place: number): number => {
  const { rooms } = stored;
  const about = wordAt(rooms, place, head.about);
  const from = offsetAt(place) + headBytes;
  const end = from + wordAt(rooms, place, head.idBytes);
  const hash = readStoredKey(about >>> entityShift, slabAt(rooms, place), from, end);
  key.about |= about & isWide;
  return findKey(stored, hash);
};

// a loop is faster than a call for the few bytes that most are
const copyBytes = (bytes: Buffer, from: number, end: number, into: Buffer, at: number): void => {
  if (end - from > 256) bytes.copy(into, at, from, end);
  else for (let offset = 0; from + offset < end; offset += 1) into[at + offset] = bytes[from + offset] as number;
};
