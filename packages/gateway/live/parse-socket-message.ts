import type { Fault } from '@muster/model';
import Joi from 'joi';

/** What a client sends through a WebSocket. `to` is an address of this service. */
export type SocketMessage =
  | { kind: 'subscribe'; subscription: string; to: string; after: string }
  | { kind: 'unsubscribe'; subscription: string };

/** A message, or what is wrong with it; then `subscription` is its name, if it has one. */
export type ParsedMessage =
  | { kind: 'message'; message: SocketMessage }
  | { kind: 'faults'; subscription: string | undefined; faults: Fault[] };

const name = Joi.string().min(1).max(100);
const addressMax = 8_000;
const detailMax = 2_000; // an answer must not grow with what comes in
const schema = Joi.object({
  subscribe: name,
  to: Joi.string()
    .pattern(/^\/api\/[^#]*$/)
    .max(addressMax),
  after: Joi.string().max(addressMax),
  unsubscribe: name,
})
  .xor('subscribe', 'unsubscribe')
  .and('subscribe', 'to')
  .with('after', 'subscribe');

const example = '{"subscribe":"NAME","to":"/api/…"} or {"unsubscribe":"NAME"}';

/** Parses a message of a client. Undefined stands for a message that is no text. Pure. */
export const parseSocketMessage = (text: string | undefined): ParsedMessage => {
  const given = text === undefined ? undefined : parseObject(text);
  if (!given) return faulty(undefined, `send JSON as text: ${example}`);
  const { error, value } = schema.validate(given, { convert: false });
  const called = given.subscribe ?? given.unsubscribe;
  if (error)
    return faulty(typeof called === 'string' ? called.slice(0, 100) : undefined, `${error.message}: ${example}`);
  const { after = '', subscribe, to, unsubscribe } = value;
  return subscribe === undefined
    ? { kind: 'message', message: { kind: 'unsubscribe', subscription: unsubscribe } }
    : { kind: 'message', message: { kind: 'subscribe', subscription: subscribe, to, after } };
};

const faulty = (subscription: string | undefined, detail: string): ParsedMessage => ({
  ...{ kind: 'faults', subscription },
  faults: [{ pointer: '', code: 'invalid-message', detail: detail.slice(0, detailMax) }],
});

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};
