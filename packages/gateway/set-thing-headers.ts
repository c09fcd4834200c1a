import type { Exchange } from './exchange.ts';

/**
 * Sets the headers of every answer on a thing: its version, the source of the answer, and its greatest age in
 * milliseconds.
 */
export const setThingHeaders = ({ headers }: Exchange, version: number, source: string, lagMs: number): void => {
  if (version > 0) headers.push('ETag', `"${version}"`);
  headers.push('Muster-Source', source, 'Muster-Lag-Ms', String(Math.round(lagMs)));
};
