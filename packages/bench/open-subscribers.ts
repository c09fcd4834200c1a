import { fork } from 'node:child_process';
import { once } from 'node:events';
import { end, inDist } from './start-child.ts';
import type { Received, SubscriberMessage, SubscribeSpec } from './subscribe-spec.ts';

/** Open connections to a feed, in a process of their own. */
export type Subscribers = AsyncDisposable & {
  count: number;
  /** Returns what came since the last call, once so many messages are there, or when they did not come in time. */
  receive: (messages: number) => Promise<Received>;
};

const openWithinMs = 60_000;
const receiveWithinMs = 5_000;

/** Opens connections to a feed, and waits until all have an answer. They are closed with the value. */
export const openSubscribers = async (spec: SubscribeSpec): Promise<Subscribers> => {
  const child = fork(inDist('bench-subscribers'), [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const next = async (withinMs: number): Promise<SubscriberMessage> => {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(withinMs)]);
    const failed = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`Cannot subscribe: the subscribers ended with exit code ${code}`);
    });
    const found = once(child, 'message', { signal }).then(([message]) => message as SubscriberMessage);
    return await Promise.race([found, failed]).finally(() => {
      over.abort();
      failed.catch(() => undefined);
      found.catch(() => undefined);
    });
  };
  try {
    const opened = next(openWithinMs);
    child.send(spec);
    const message = await opened;
    if (message.kind === 'problem') throw new Error(`Cannot subscribe: ${message.problem}`);
  } catch (error) {
    await end(child);
    throw error;
  }
  const receive = async (messages: number): Promise<Received> => {
    const answered = next(2 * receiveWithinMs);
    child.send({ messages, withinMs: receiveWithinMs });
    const message = await answered;
    if (message.kind === 'received') return message.received;
    throw new Error(
      `Cannot subscribe: ${message.kind === 'problem' ? message.problem : 'the answer was not expected'}`,
    );
  };
  return { count: spec.connections, receive, [Symbol.asyncDispose]: () => end(child) };
};
