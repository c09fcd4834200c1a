import { findInJson } from './find-in-json.ts';

/**
 * Returns the JSON pointer of the first number in a JSON text that would come back as another one. Such are integers
 * with more digits than a double keeps (RFC 8259, 6), numbers beyond the largest double, and numbers that are so small
 * that they become 0. The text must be valid JSON. Undefined if there is none: then it usually costs one search. Pure.
 */
export const findInexact = (text: string): string | undefined =>
  mayBeInexact.test(text) ? findInJson(text, (token) => token.kind === 'number' && !isExact(token.literal)) : undefined;

// all other numbers have few digits and a small exponent, and are exact
const mayBeInexact = /\d{16}|[eE][+-]?\d{3}/;

// a fraction is rounded to the nearest double, as readers of JSON do
const isExact = (literal: string): boolean => {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(literal)) return digitsOf(String(value)) === digitsOf(literal);
  return value !== 0 || !/^-?[\d.]*[1-9]/.test(literal);
};

// what is finite has at most 309 digits, so that this takes no time
const digitsOf = (written: string): string => written.replace(/e.*|[-.]/g, '').replace(/0+$/, '');
