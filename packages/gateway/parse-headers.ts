import type { Fault } from '@muster/model';

export type ParsedNumber = { kind: 'number'; value: number | undefined } | { kind: 'faults'; faults: Fault[] };

/** Parses the version in the header `If-Match`: undefined for an empty text or `*`. */
export const parseIfMatch = (header: string): ParsedNumber => {
  const text = header.trim();
  if (text === '' || text === '*') return { kind: 'number', value: undefined };
  const version = /^"(\d{1,10})"$/.exec(text)?.[1];
  if (version) return { kind: 'number', value: Number(version) };
  return {
    kind: 'faults',
    faults: [
      {
        pointer: '',
        detail: `the header If-Match must be one ETag such as "3", not ${JSON.stringify(text.slice(0, 80))}`,
      },
    ],
  };
};

/** Parses the version in the header `Muster-Min-Version`: undefined for an empty text. */
export const parseMinVersion = (header: string): ParsedNumber => {
  const text = header.trim();
  if (text === '') return { kind: 'number', value: undefined };
  if (/^\d{1,9}$/.test(text)) return { kind: 'number', value: Number(text) };
  return {
    kind: 'faults',
    faults: [
      {
        pointer: '',
        detail: `the header Muster-Min-Version must be a version such as 3, not ${JSON.stringify(text.slice(0, 80))}`,
      },
    ],
  };
};

/** Parses an integer in the query: `fallback` when it is not given. */
export const parseQueryInteger = (
  query: Readonly<Record<string, unknown>>,
  name: string,
  fallback: number,
  least: number,
  most: number,
): ParsedNumber => {
  const given = query[name];
  if (given === undefined) return { kind: 'number', value: fallback };
  const value = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return { kind: 'number', value };
  return {
    kind: 'faults',
    faults: [
      {
        pointer: `/${name}`,
        detail: `"${name}" must be an integer from ${least} to ${most}, not ${JSON.stringify(given).slice(0, 80)}`,
      },
    ],
  };
};
