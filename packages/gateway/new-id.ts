import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/**
 * A stock of random bytes: one system call per 16 bytes costs more than the rest of an id. A plain value, changed in
 * this file only.
 */
export type RandomStock = { bytes: Uint8Array; used: number };

const stockBytes = 4_096;
const idBytes = 16;

export const openRandomStock = (): RandomStock => ({ bytes: new Uint8Array(stockBytes), used: stockBytes });

/** Returns a new UUIDv7: the current time in milliseconds, then random bits. */
export const newId = (stock: RandomStock): string => {
  if (stock.used + idBytes > stockBytes) {
    randomFillSync(stock.bytes);
    stock.used = 0;
  }
  const random = stock.bytes.subarray(stock.used, stock.used + idBytes);
  stock.used += idBytes;
  return v7({ random });
};
