import type { ServerResponse } from 'node:http';
import { blockOf, type Message } from './message.ts';

/** What takes the messages of one subscriber: an answer, or its part of a WebSocket. */
export type Outlet = {
  write: (message: Message) => void;
  writeBlocks: ((blocks: Buffer) => void) | undefined; // several messages as they are for everybody, if it can
  isFull: () => boolean; // its connection takes no more for now
  together: (work: () => void) => void; // sends in one piece what `work` writes
  end: (isStuck: boolean) => void; // after the last message; `isStuck`: the connection may not read it
};

/** How soon a client connects again, in milliseconds. */
const retryMs = 2_000;
const closedWithinMs = 5_000;

/** Begins an answer that is made of server-sent events, behind its head. */
export const beginAnswer = (response: ServerResponse): void => void response.write(`retry: ${retryMs}\n\n`);

/** Opens the outlet of such an answer. */
export const openAnswerOutlet = (response: ServerResponse): Outlet => ({
  write: (message) => void response.write(blockOf(message)),
  writeBlocks: (blocks) => void response.write(blocks),
  isFull: () => response.writableNeedDrain,
  together: (work) => {
    response.cork();
    work();
    response.uncork();
  },
  end: () => {
    response.end();
    setTimeout(() => response.destroy(), closedWithinMs).unref(); // it may not read that either
  },
});
