/** The hash that the stored partitions were computed with. It is stored in the settings and must never change. */
export const partitionHash = 'murmur3_x86_32(entity:id), seed 0';

/**
 * Returns the partition of a stream, from 0 to `partitions` - 1. It is stored with each event and record, so it must
 * never change.
 */
export const partitionOf = (entity: string, id: string, partitions: number): number =>
  murmur3(`${entity}:${id}`) % partitions;

/** Returns MurmurHash3 (x86, 32 bits, seed 0; Austin Appleby, public domain) of a text of single-byte characters. */
export const murmur3 = (text: string): number => {
  let hash = 0;
  const whole = text.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(
      text.charCodeAt(i) |
        (text.charCodeAt(i + 1) << 8) |
        (text.charCodeAt(i + 2) << 16) |
        (text.charCodeAt(i + 3) << 24),
    );
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let last = 0;
  for (let i = text.length - 1; i >= whole; i -= 1) last = (last << 8) | text.charCodeAt(i);
  if (whole < text.length) hash ^= scramble(last);
  return finish(hash ^ text.length);
};

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));
const scramble = (block: number) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);

const finish = (value: number): number => {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
