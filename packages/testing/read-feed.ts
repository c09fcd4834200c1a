import { request as openRequest } from 'node:http';

/** A message of a feed: a CloudEvent, or the data of a bookmark or of an end. */
export type Message = { id: string; event: string; data: Record<string, unknown> };

/** A subscription of a test. `messages` grows while it is open. */
export type FeedReader = Disposable & {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  messages: Message[];
  ended: Promise<void>;
};

/** Subscribes to a feed, and collects its messages until it is disposed. Rejects when `signal` aborts before. */
export const readFeed = (
  url: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<FeedReader> =>
  new Promise((resolve, reject) => {
    const request = openRequest(url, { headers, agent: false, signal });
    request.on('error', reject).once('response', (response) => {
      const messages: Message[] = [];
      let held = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        held += text;
        const blocks = held.split('\n\n');
        held = blocks.pop() ?? '';
        messages.push(...blocks.flatMap(messageOf));
      });
      const ended = new Promise<void>((settle) => response.once('close', settle));
      response.on('error', () => undefined);
      resolve({
        ...{ status: response.statusCode ?? 0, headers: response.headers, messages, ended },
        [Symbol.dispose]: () => void request.destroy(),
      });
    });
    request.end();
  });

/** The messages of a text of server-sent events. */
export const parseMessages = (text: string): Message[] => text.split('\n\n').slice(0, -1).flatMap(messageOf);

const messageOf = (block: string): Message[] => {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), textOf(line)]));
  const data = fields.get('data');
  if (data === undefined) return []; // such as `retry`
  return [{ id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) }];
};

const textOf = (line: string): string => line.slice(line.indexOf(':') + 1).trimStart();

/** The events of a feed, without bookmarks. */
export const eventsOf = ({ messages }: Pick<FeedReader, 'messages'>): Message[] =>
  messages.filter(({ event }) => event === 'message');

/** The id of the last message that has one: what a client resumes behind. */
export const lastIdOf = ({ messages }: Pick<FeedReader, 'messages'>): string =>
  messages.findLast(({ id }) => id !== '')?.id ?? '';
