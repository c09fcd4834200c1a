import { type Fault, parseDate } from '@muster/model';
import { databaseNow } from '@muster/store';
import type { Gateway } from './gateway.ts';

export type Query = Readonly<Record<string, unknown>>;

const faultsMax = 50; // an answer must not grow with what comes in

/** Returns a fault for each parameter that is not among those that the route knows. */
export const findUnknown = (query: Query, known: readonly string[]): Fault[] =>
  Object.keys(query)
    .filter((name) => !known.includes(name))
    .slice(0, faultsMax)
    .map((name) => ({
      pointer: `/${name}`,
      code: 'unknown-parameter',
      detail: `the parameter "${name}" is not known; ${describe(known)}`,
    }));

const describe = (known: readonly string[]): string =>
  known.length === 0
    ? 'there are none here'
    : known.length === 1
      ? `the only known one is ${known[0]}`
      : `known are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`;

export type ParsedTime = { kind: 'time'; value: Date | undefined } | { kind: 'faults'; faults: Fault[] };

/** Parses the time `at` in the query: undefined when it is not given. A time after the database's is refused. */
export const parseAt = ({ clock }: Pick<Gateway, 'clock'>, query: Query): ParsedTime => {
  const given = query.at;
  if (given === undefined) return { kind: 'time', value: undefined };
  const value = parseDate(given);
  const now = databaseNow(clock);
  if (!value)
    return fault(
      'it must be a time in ISO 8601 with its zone, or a day, such as 2026-11-26T10:00:00Z (a + is written %2B), ' +
        `not ${JSON.stringify(given).slice(0, 80)}`,
    );
  return value <= now
    ? { kind: 'time', value }
    : fault(`it is ${value.toISOString()}, but the database's clock shows ${now.toISOString()}; ask for a past time`);
};

const fault = (detail: string): ParsedTime => ({
  kind: 'faults',
  faults: [{ pointer: '/at', code: 'invalid-parameter', detail: `"at": ${detail}` }],
});
