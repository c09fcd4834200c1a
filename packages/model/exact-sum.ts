/**
 * A sum of numbers without rounding: the same whatever the order of its parts, and unchanged by a number that comes and
 * goes. It is `whole + fraction * 2 ** exponent`. A plain value; only this file changes it.
 */
export type ExactSum = { whole: number; fraction: bigint; exponent: number };

export const openSum = (): ExactSum => ({ whole: 0, fraction: 0n, exponent: 0 });

/** Adds a finite number. */
export const addNumber = (sum: ExactSum, value: number): void => {
  const whole = sum.whole + value;
  if (Number.isSafeInteger(value) && Number.isSafeInteger(whole)) sum.whole = whole;
  else {
    const [mantissa, exponent] = partsOf(value);
    addFraction(sum, mantissa, exponent);
  }
};

/** Adds another sum. */
export const addSum = (sum: ExactSum, { whole, fraction, exponent }: ExactSum): void => {
  addNumber(sum, whole);
  if (fraction !== 0n) addFraction(sum, fraction, exponent);
};

const addFraction = (sum: ExactSum, mantissa: bigint, exponent: number): void => {
  if (exponent < sum.exponent) {
    sum.fraction <<= BigInt(sum.exponent - exponent);
    sum.exponent = exponent;
  }
  sum.fraction += mantissa << BigInt(exponent - sum.exponent);
  if (sum.fraction === 0n) sum.exponent = 0;
};

/** Returns an integer and an exponent: the number is the integer, times 2 to the power of the exponent. */
const partsOf = (value: number): [mantissa: bigint, exponent: number] => {
  bits.setFloat64(0, Math.abs(value));
  const all = bits.getBigInt64(0);
  const stored = Number(all >> mantissaBits);
  const rest = all & ((1n << mantissaBits) - 1n);
  const mantissa = stored === 0 ? rest : rest | (1n << mantissaBits);
  return [value < 0 ? -mantissa : mantissa, Math.max(stored, 1) - bias];
};

const bits = new DataView(new ArrayBuffer(8)); // only for the length of one call
const mantissaBits = 52n; // of a number (IEEE 754)
const bias = 1_075;

/** Returns the number that is nearest to a sum. It is infinite when no number is so large. */
export const numberOf = ({ whole, fraction, exponent }: ExactSum): number => {
  if (fraction === 0n) return whole;
  const all = (BigInt(whole) << BigInt(-exponent)) + fraction;
  const length = (all < 0n ? -all : all).toString(2).length;
  if (length <= exactBits) return Number(all) * 2 ** exponent;
  // the last bit stands for all that are cut off, so that the rounding is right
  const cut = length - exactBits;
  const isInexact = (all & ((1n << BigInt(cut)) - 1n)) !== 0n;
  return Number((all >> BigInt(cut)) | (isInexact ? 1n : 0n)) * 2 ** (cut + exponent);
};

/** Returns the number that is nearest to a sum divided by a count. */
export const averageOf = (sum: ExactSum, count: number): number => {
  const whole = numberOf(sum);
  if (Number.isFinite(whole)) return whole / count;
  const all = (BigInt(sum.whole) << BigInt(-sum.exponent)) + sum.fraction;
  return numberOf({ whole: 0, fraction: (all << 64n) / BigInt(count), exponent: sum.exponent - 64 });
};

const exactBits = 1_000; // a number can be as large

/** Returns a sum as JSON can carry it. */
export const encodeSum = ({ whole, fraction, exponent }: ExactSum): unknown =>
  fraction === 0n ? [whole] : [whole, fraction.toString(16), exponent];

/** Returns the sum that `encodeSum` encoded. Throws RangeError when it is none. */
export const decodeSum = (encoded: unknown): ExactSum => {
  const [whole, fraction = '0', exponent = 0] = Array.isArray(encoded) ? encoded : [];
  if (
    !Number.isSafeInteger(whole) ||
    typeof fraction !== 'string' ||
    !/^-?[0-9a-f]{1,1000}$/.test(fraction) ||
    !isExponent(exponent)
  )
    throw new RangeError('expected an exact sum');
  const positive = BigInt(`0x${fraction.replace('-', '')}`);
  return { whole, fraction: fraction.startsWith('-') ? -positive : positive, exponent };
};

const isExponent = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) <= 0 && (value as number) >= 1 - bias;
