/**
 * Who is at work on a stream, and who waits behind: one at a time per stream. A plain value, changed in this file only.
 */
export type Turns = Map<string, Turn>;

type Turn = { waiting: number; last: Promise<unknown> };

export const openTurns = (): Turns => new Map();

/**
 * Does `task` when all earlier ones on this key are done, and hands it what the one before it left (undefined where
 * there was none, or it left nothing). Undefined, at once, when `waitingMax` wait already. `task` must not throw.
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
  turn.last = done.then(({ left }) => left);
  const { result } = await done;
  turn.waiting -= 1;
  if (turn.waiting === 0) turns.delete(key);
  return result;
};
