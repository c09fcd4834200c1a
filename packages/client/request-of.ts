import type { State } from './subscription.ts';

/** The address and the headers of the next request. Throws if they are not valid. */
export const requestOf = ({ url, options, position, from }: State): { address: string; headers: Headers } => {
  const address = addressFrom(typeof url === 'function' ? url() : url, from);
  const headers = new Headers(options.headers);
  headers.set('Accept', 'text/event-stream');
  if (options.key !== undefined) headers.set('Authorization', `Bearer ${options.key}`);
  if (position !== undefined) headers.set('Last-Event-ID', position);
  return { address, headers };
};

/** Whether an address names a position itself. Pure. */
export const asksAfter = (address: string): boolean => /\?(.*&)?after=/.test(address);

/** Lets an address begin at the start of the log, or with new events, whatever it says. Pure. */
export const addressFrom = (address: string, from: 'start' | 'now' | undefined): string => {
  if (from === undefined) return address;
  const [path = '', query] = (address.split('#')[0] ?? '').split(/\?(.*)/s);
  const kept = (query ?? '').split('&').filter((part) => part !== '' && !/^(from|after)(=|$)/.test(part));
  const parts = from === 'start' ? [...kept, 'from=start'] : kept;
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
};
