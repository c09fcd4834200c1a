import type { ServerResponse } from 'node:http';
import { type FeedServer, openFeedServer, sendMessages, sendProblem } from './open-feed-server.ts';

/** A thing of a fake site after an event: its fields in JSON. */
export type FakeEvent = { entity?: string; subject: string; version: number; fields: unknown };

/** What a follower sees of another site, without a database. A test changes it as it likes. */
export type FakeSite = AsyncDisposable & {
  readonly server: FeedServer;
  readonly url: string;
  site: string; // its name
  entities: string[];
  events: FakeEvent[];
  mark: string; // of its log: positions of another one are lost
  key: string | undefined; // without this one, every request is refused
  isAway: boolean; // every answer is a failure
  isSilent: boolean; // nothing comes through a feed that is held open
  held: Set<ServerResponse>; // the feeds that are held open
};

/** Opens a small HTTP server that speaks the feed as a site does. The position behind event n is `MARK.n`. */
export const openFakeSite = async (name = 'lima'): Promise<FakeSite> => {
  const held = new Set<ServerResponse>();
  const server = await openFeedServer((response, _, { headers, url = '' }) => {
    if (fake.isAway) return sendProblem(response, 503, { detail: 'the site is away' });
    if (fake.key !== undefined && headers.authorization !== `Bearer ${fake.key}`)
      return sendProblem(response, 401, { detail: 'the key is not valid' });
    if (url.startsWith('/api/events/site')) return describe(fake, response);
    const after = String(headers['last-event-id'] ?? '');
    const from = url.includes('from=start') ? 0 : Number(after.split('.')[1] ?? fake.events.length);
    if (after !== '' && !after.startsWith(`${fake.mark}.`))
      return sendProblem(response, 410, { type: '/problems/position-too-old', detail: 'the position is lost' });
    const isUntilNow = url.includes('until=now');
    if (!isUntilNow && fake.isSilent) return void held.add(response);
    sendMessages(response, 'retry: 5\n\n', bookmarkOf(after), ...fake.events.slice(from).map(messageFrom(fake, from)));
    if (isUntilNow) return void response.end(endOf('reached', positionOf(fake, fake.events.length)));
    held.add(response);
    response.once('close', () => held.delete(response));
  });
  const fake: FakeSite = {
    ...{ server, url: new URL(server.url).origin, site: name, entities: ['pile'], events: [], mark: 'm' },
    ...{
      key: undefined,
      isAway: false,
      isSilent: false,
      held,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    },
  };
  return fake;
};

/** Adds events to the log of a fake site, and sends them to those that hold its feed open. */
export const addEvents = (fake: FakeSite, ...events: readonly FakeEvent[]): void => {
  const from = fake.events.length;
  fake.events.push(...events);
  if (!fake.isSilent) tellHeld(fake, events.map(messageFrom(fake, from)).join(''));
};

/** Sends a text to those that hold the feed open. */
export const tellHeld = ({ held }: FakeSite, text: string): void => {
  for (const response of held) response.write(text);
};

/** Cuts the feeds that are held open. */
export const cutHeld = ({ held }: FakeSite): void => {
  for (const response of held) response.destroy();
};

/** The requests for the feed, each as `now` or `hold` and the position behind which it begins. */
export const feedRequestsOf = ({ server }: FakeSite): string[] =>
  server.requests.flatMap(({ headers, url = '' }) => {
    if (url.startsWith('/api/events/site')) return [];
    const after = headers['last-event-id'] ?? (url.includes('from=start') ? 'start' : 'none');
    return [`${url.includes('until=now') ? 'now' : 'hold'} ${after}`];
  });

export const bookmarkOf = (position: string): string =>
  `${position === '' ? '' : `id: ${position}\n`}event: bookmark\ndata: {"time":"t"}\n\n`;

export const endOf = (reason: string, position = ''): string =>
  `event: end\ndata: ${JSON.stringify({ reason, position })}\n\n`;

const positionOf = ({ mark }: FakeSite, number: number): string => `${mark}.${number}`;

const messageFrom =
  (fake: FakeSite, from: number) =>
  ({ entity = 'pile', subject, version, fields }: FakeEvent, index: number): string => {
    const event = { id: `${subject}-${version}`, entity, subject, version, type: 'Any', fields };
    return `id: ${positionOf(fake, from + index + 1)}\ndata: ${JSON.stringify(event)}\n\n`;
  };

const describe = ({ site, entities, events }: FakeSite, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ site, entities, events: events.length }));
};
