import type { Fault } from '@muster/model';
import type { Context } from 'koa';

export type ParsedNumber = { kind: 'number'; value: number | undefined } | { kind: 'faults'; faults: Fault[] };

/** Parses the version in `If-Match`: undefined without the header or for `*`. */
export const parseIfMatch = (ctx: Context): ParsedNumber => {
  const text = ctx.get('If-Match').trim();
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

/** Parses the version in `Muster-Min-Version`: undefined without the header. */
export const parseMinVersion = (ctx: Context): ParsedNumber => {
  const text = ctx.get('Muster-Min-Version').trim();
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
  ctx: Context,
  name: string,
  fallback: number,
  least: number,
  most: number,
): ParsedNumber => {
  const given = ctx.query[name];
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
