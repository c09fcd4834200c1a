/**
 * Which task runs on a stream, and how many wait: one at a time per stream. A plain value, changed in this file only.
 */
export type Turns = Map<string, Turn>;

type Turn = { waiting: number; last: Promise<unknown> };

export const openTurns = (): Turns => new Map();

/**
 * `waitingMax`: commands that wait on one stream. `turnMs`: past these milliseconds the next one goes on, though this
 * one has not ended.
 */
export type TurnLimits = { waitingMax: number; turnMs: number };

/**
 * Does `task` when all earlier ones on this key are done, and hands it what the one before it left. That is undefined
 * where there was none, or it left nothing, failed or was not done in time. Undefined, at once, when `waitingMax` wait
 * already. Throws what `task` throws.
 */
export const takeTurn = async <Left, Result>(
  turns: Turns,
  key: string,
  { waitingMax, turnMs }: TurnLimits,
  task: (former: Left | undefined) => Promise<{ result: Result; left: Left | undefined }>,
): Promise<Result | undefined> => {
  const turn = turns.get(key) ?? { waiting: 0, last: Promise.resolve(undefined) };
  if (turn.waiting >= waitingMax) return undefined;
  turns.set(key, turn);
  turn.waiting += 1;
  const started = turn.last.then((former) => ({ done: task(former as Left | undefined) }));
  turn.last = started.then(({ done }) => leftWithin(done, turnMs)).catch(() => undefined);
  void turn.last.then(() => leave(turns, key, turn));
  const { done } = await started;
  return (await done).result;
};

/** What a task leaves; undefined after `ms` milliseconds without an end. */
const leftWithin = async <Left>(done: Promise<{ left: Left | undefined }>, ms: number): Promise<Left | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([done.then(({ left }) => left), passed]);
  } finally {
    clearTimeout(timer);
  }
};

const leave = (turns: Turns, key: string, turn: Turn) => {
  turn.waiting -= 1;
  if (turn.waiting === 0) turns.delete(key);
};
