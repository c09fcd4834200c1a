import { retryAfterMs } from './back-off.ts';
import { type Ended, subscriptionError } from './subscription.ts';

/** An answer that is no stream of messages. `text` is its body, as far as it could be read. */
export type Refusal = { status: number; retryAfter: string | null; text: string; hadPosition: boolean };

const worthRetrying = [408, 425, 429];

/** What an answer that is no stream of messages means. Pure, but for the time of `now`, in milliseconds. */
export const readRefusal = ({ status, retryAfter, text, hadPosition }: Refusal, now: number): Ended => {
  const { detail, type } = problemOf(text);
  const said = `the server answered ${status}${detail === undefined ? '' : `: ${detail}`}`;
  if (status >= 500 || worthRetrying.includes(status))
    return { kind: 'broken', reason: said, retryAfterMs: retryAfterMs(retryAfter, now) };
  if (status === 410 && hadPosition) return { kind: 'lost', reason: type ?? 'position-too-old' };
  const problem = status === 200 ? 'the answer is no stream of events. Does the address name a feed?' : said;
  return { kind: 'refused', error: subscriptionError(`Cannot subscribe: ${problem}`, { status, detail }) };
};

const problemOf = (text: string): { detail?: string; type?: string } => {
  try {
    const { detail, type } = Object(JSON.parse(text));
    return { detail: textOf(detail), type: textOf(type)?.split('/').at(-1) };
  } catch {
    return {};
  }
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
