/**
 * Who is at work on a stream, and who waits behind: one at a time per stream. A plain value, changed in this file only.
 */
export type Turns = Map<string, Turn>;

type Turn = { waiting: number; last: Promise<unknown> };

export const openTurns = (): Turns => new Map();

/**
 * Does `task` when all earlier ones on this key are done, and hands it what the one before it left (undefined where
 * there was none, it left nothing, or it threw). Undefined, at once, when `waitingMax` wait already. Throws what `task`
 * throws; whoever waits behind goes on.
 */
export const takeTurn = async <Left, Result>(
  turns: Turns,
  key: string,
  waitingMax: number,
  task: (former: Left | undefined) => Promise<{ result: Result; left: Left | undefined }>,
): Promise<Result | undefined> => {
  const turn = turns.get(key) ?? { waiting: 0, last: Promise.resolve(undefined) };
  if (turn.waiting >= waitingMax) return undefined;
  turns.set(key, turn);
  turn.waiting += 1;
  const done = turn.last.then((former) => task(former as Left | undefined));
  turn.last = done.then(
    ({ left }) => left,
    () => undefined,
  );
  try {
    return (await done).result;
  } finally {
    turn.waiting -= 1;
    if (turn.waiting === 0) turns.delete(key);
  }
};
