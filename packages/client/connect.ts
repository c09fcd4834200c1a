import { type LiveList, openLiveList } from './live-list.ts';
import { openMessageParser, parseBytes, type Said } from './message-parser.ts';
import { readRefusal } from './read-refusal.ts';
import { readStart } from './read-start.ts';
import { asksAfter, requestOf } from './request-of.ts';
import { type Settled, settleInTime } from './settle-in-time.ts';
import { type Ended, type State, subscriptionError } from './subscription.ts';
import { takeMessage, takePosition } from './take-message.ts';

/** A connection: how to end it, whether a message came, and the list that it keeps. */
type Connection = { over: AbortController; isLive: boolean; list: LiveList };

/** Subscribes once, and handles all messages until the connection ends. Throws what a handler throws. */
export const connect = async (state: State): Promise<{ ended: Ended; wasLive: boolean }> => {
  const connection = { over: new AbortController(), isLive: false, list: openLiveList() };
  try {
    const ended = await follow(state, connection);
    return { ended: state.over.signal.aborted ? { kind: 'closed' } : ended, wasLive: connection.isLive };
  } finally {
    connection.over.abort();
  }
};

const follow = async (state: State, connection: Connection): Promise<Ended> => {
  const { options, staleAfterMs, over, position } = state;
  const { address, headers } = requestOf(state);
  const { fetch = globalThis.fetch } = options; // not called as a method: browsers refuse that
  if (!options.fetch) new Request(address, { headers }); // throws what no further attempt could mend
  options.onStatus?.({ kind: 'connecting' });
  const request = fetch(address, { headers, signal: connection.over.signal });
  const answered = await settleInTime(request, staleAfterMs, over.signal);
  if (answered.kind !== 'value') return brokenBy(answered, staleAfterMs);
  const response = answered.value;
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (response.status === 200 && isStream && response.body) return readMessages(state, connection, response.body);
  const text = await settleInTime(readStart(response, problemBytesMax), staleAfterMs, over.signal);
  const retryAfter = response.headers.get('retry-after');
  const { status } = response;
  return readRefusal(
    {
      status,
      retryAfter,
      text: text.kind === 'value' ? text.value : '',
      hadPosition: position !== undefined || asksAfter(address),
    },
    Date.now(),
  );
};

const problemBytesMax = 65_536;

const readMessages = async (state: State, connection: Connection, body: ReadableStream<Uint8Array>): Promise<Ended> => {
  const reader = body.getReader();
  const parser = openMessageParser(messageCharsMax);
  for (;;) {
    const read = await settleInTime(reader.read(), state.staleAfterMs, state.over.signal);
    if (read.kind !== 'value') return brokenBy(read, state.staleAfterMs);
    if (read.value.done) return { kind: 'broken', reason: 'the connection ended' };
    state.heardAt = performance.now();
    for (const said of parseBytes(parser, read.value.value)) {
      const ended = await take(state, connection, said);
      if (ended) return ended;
    }
  }
};

const messageCharsMax = 16 * 1024 * 1024;

const take = async (state: State, connection: Connection, said: Said): Promise<Ended | undefined> => {
  if (state.over.signal.aborted) return { kind: 'closed' };
  switch (said.kind) {
    case 'retry':
      state.backOff.retryMs = said.retryMs;
      return undefined;
    case 'id':
      takePosition(state, said.id);
      return undefined;
    case 'too-long':
      throw subscriptionError(`A message is longer than ${messageCharsMax} characters, the most that is read`);
    case 'message':
      if (!connection.isLive && said.event !== 'end') {
        connection.isLive = true;
        state.options.onStatus?.({ kind: 'live' });
      }
      return takeMessage(state, connection.list, said);
  }
};

const brokenBy = (settled: Exclude<Settled<unknown>, { kind: 'value' }>, staleAfterMs: number): Ended => {
  switch (settled.kind) {
    case 'aborted':
      return { kind: 'closed' };
    case 'late':
      return { kind: 'broken', reason: `the server was silent for ${staleAfterMs} ms` };
    case 'failed':
      return { kind: 'broken', reason: textOf(settled.error) };
  }
};

const textOf = (error: unknown): string => {
  const { cause, message } = Object(error);
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : String(message ?? error);
};
