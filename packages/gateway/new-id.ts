import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/**
 * Random bytes in stock, as asking the system for 16 at a time costs more than the rest of an id. A plain value,
 * changed in this file only.
 */
export type RandomStock = { bytes: Uint8Array; used: number };

const stockBytes = 4_096;
const idBytes = 16;

export const openRandomStock = (): RandomStock => ({ bytes: new Uint8Array(stockBytes), used: stockBytes });

/** A fresh UUIDv7: of this millisecond, the rest random. */
export const newId = (stock: RandomStock): string => {
  if (stock.used + idBytes > stockBytes) {
    randomFillSync(stock.bytes);
    stock.used = 0;
  }
  const random = stock.bytes.subarray(stock.used, stock.used + idBytes);
  stock.used += idBytes;
  return v7({ random });
};
