import { WebSocket } from 'ws';
import type { FeedReader, Message } from './read-feed.ts';

/**
 * Opens a WebSocket of a gateway and subscribes to an address. Collects the messages of this subscription until it is
 * disposed. Rejects when the gateway refuses the WebSocket, or when `signal` aborts before it is open.
 */
export const readSocket = (url: string, to: string, after: string, signal?: AbortSignal): Promise<FeedReader> =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/api/live`, { perMessageDeflate: false });
    const stop = () => ws.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    const messages: Message[] = [];
    const ended = new Promise<void>((settle) =>
      ws.once('close', () => {
        signal?.removeEventListener('abort', stop);
        settle();
      }),
    );
    ws.on('error', reject);
    ws.on('message', (text) => messages.push({ id: '', ...JSON.parse(text.toString()) }));
    ws.once('open', () => {
      ws.send(JSON.stringify({ subscribe: 'only', to, ...(after === '' ? {} : { after }) }));
      resolve({ status: 101, headers: {}, messages, ended, [Symbol.dispose]: stop });
    });
  });
