import type { Socket } from 'node:net';
import { expect } from 'chai';
import { addFrame, openOutbox } from './frames.ts';

const blockMs = 10;

/** Adds a frame in each turn of the event loop, which then lasts 10 ms. Returns how many turns the first one waited. */
const turnsUntilSent = async (): Promise<number> => {
  const sent: number[] = [];
  const socket = { write: () => sent.push(1) } as unknown as Socket;
  const outbox = openOutbox(socket, 1_000);
  for (let turns = 0; ; turns += 1) {
    if (sent.length > 0) return turns;
    outbox.buffer.fill(0, addFrame(outbox, 1, turns + 1, 1));
    for (const until = performance.now() + blockMs; performance.now() < until; );
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('Frames', () => {
  it('are sent by time while turns of the event loop are long and each brings further ones', async () =>
    expect(await turnsUntilSent()).to.be.at.most(2));
});
