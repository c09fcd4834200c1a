import { type AggregatorClient, readThen } from './aggregator-client.ts';
import type { ReadReply, ReadRequest } from './messages.ts';

/** For tests: reads what clients see of a thing, with the JSON as text. */
export const readFrom = (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<ReadReply | undefined> =>
  new Promise((resolve) =>
    readThen(client, request, withinMs, (reply) =>
      resolve(reply?.kind === 'state' ? { ...reply, json: reply.json.toString('utf8') } : reply),
    ),
  );
