import type { Message } from '@muster/testing';
import { type ClientOptions, WebSocket } from 'ws';

/** What the gateway sends through a WebSocket. `id` is empty if a message has none. */
export type SocketMessage = Message & { subscription: string | undefined };

/** A WebSocket of a test. `messages` grows while it is open. */
export type SocketReader = Disposable & {
  ws: WebSocket;
  messages: SocketMessage[];
  closed: Promise<{ code: number; reason: string }>;
};

export type SocketOptions = { path?: string; protocols?: string[] } & ClientOptions;

/** Opens a WebSocket at the address of the feed. Rejects with the status if the handshake is refused. */
export const openSocket = (
  url: string,
  { path = '/api/live', protocols = [], ...options }: SocketOptions = {},
): Promise<SocketReader> =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, options);
    const messages: SocketMessage[] = [];
    const closed = new Promise<{ code: number; reason: string }>((settle) =>
      ws.once('close', (code, reason) => settle({ code, reason: reason.toString() })),
    );
    ws.on('message', (bytes, isBinary) => {
      const { subscription, event, id = '', data } = JSON.parse(bytes.toString());
      messages.push({ subscription, event: isBinary ? 'binary' : event, id, data });
    });
    ws.on('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      reject(new Error(`refused ${statusCode}`));
    });
    ws.on('error', reject);
    ws.once('open', () => resolve({ ws, messages, closed, [Symbol.dispose]: () => ws.terminate() }));
  });

/** Returns the status with which the handshake is refused. 101 if it is not. */
export const tryHandshake = async (url: string, options: SocketOptions = {}): Promise<number> => {
  try {
    using _ = await openSocket(url, options);
    return 101;
  } catch (error) {
    return Number(/refused (\d+)/.exec(String(error))?.[1] ?? 0);
  }
};

/** Sends a message as JSON. */
export const tell = ({ ws }: SocketReader, message: object): void => ws.send(JSON.stringify(message));

/** The messages of one subscription. */
export const messagesOf = ({ messages }: Pick<SocketReader, 'messages'>, subscription: string): SocketMessage[] =>
  messages.filter((message) => message.subscription === subscription);
