import type { Fault, Precondition, Tags } from '@muster/model';

export type ParsedNumber = { kind: 'number'; value: number | undefined } | { kind: 'faults'; faults: Fault[] };

export type ParsedPrecondition =
  | { kind: 'precondition'; value: Precondition | undefined }
  | { kind: 'faults'; faults: Fault[] };

/**
 * Parses the headers `If-Match` and `If-None-Match`: undefined if both are empty texts. Each is `*` or a list of entity
 * tags (RFC 9110, 8.8.3 and 13.1). A tag that is no version of ours is allowed, and no thing has it.
 */
export const parsePrecondition = ({ ifMatch, ifNoneMatch }: Conditions): ParsedPrecondition => {
  if (ifMatch === '' && ifNoneMatch === '') return { kind: 'precondition', value: undefined };
  // a weak tag never equals in If-Match, which compares strongly
  const match = parseTags(ifMatch, false);
  const noneMatch = parseTags(ifNoneMatch, true);
  const faults = [
    ...(match === 'fault' ? [tagsFault('If-Match', ifMatch)] : []),
    ...(noneMatch === 'fault' ? [tagsFault('If-None-Match', ifNoneMatch)] : []),
  ];
  if (match === 'fault' || noneMatch === 'fault') return { kind: 'faults', faults };
  if (match === undefined && noneMatch === undefined) return { kind: 'precondition', value: undefined };
  const value = { ...(match === undefined ? {} : { match }), ...(noneMatch === undefined ? {} : { noneMatch }) };
  return { kind: 'precondition', value };
};

type Conditions = { ifMatch: string; ifNoneMatch: string };

// an element of a list may be empty (RFC 9110, 5.6.1)
const elementPattern = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(,|$)/y;

const parseTags = (header: string, isWeakKnown: boolean): Tags | undefined | 'fault' => {
  const text = header.trim();
  if (text === '') return undefined;
  if (text === '*') return 'any';
  const found: RegExpExecArray[] = [];
  elementPattern.lastIndex = 0;
  for (let isOpen = true; isOpen; ) {
    const element = elementPattern.exec(text);
    if (!element) return 'fault';
    if (element[2] !== undefined) found.push(element);
    isOpen = element[3] === ',';
  }
  if (found.length === 0) return 'fault';
  const known = found.filter(([, weak]) => isWeakKnown || weak === undefined);
  return known.map(([, , tag]) => versionOf(tag ?? '')).filter((version) => version > 0);
};

const versionOf = (tag: string): number => (/^[1-9]\d{0,9}$/.test(tag) ? Number(tag) : 0);

const tagsFault = (name: string, header: string): Fault => ({
  pointer: '',
  code: 'invalid-header',
  detail: `the header ${name} must be * or ETags such as "3", not ${JSON.stringify(header.slice(0, 80))}`,
  place: { header: name },
});

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
        code: 'invalid-header',
        detail: `the header Muster-Min-Version must be a version such as 3, not ${JSON.stringify(text.slice(0, 80))}`,
        place: { header: 'Muster-Min-Version' },
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
  const value = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return { kind: 'number', value };
  return {
    kind: 'faults',
    faults: [
      {
        pointer: `/${name}`,
        code: 'invalid-parameter',
        detail: `"${name}" must be an integer from ${least} to ${most}, not ${JSON.stringify(given).slice(0, 80)}`,
      },
    ],
  };
};
