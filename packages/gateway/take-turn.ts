/**
 * The running task of each stream and the number of waiting ones. One task runs at a time per stream. A plain value,
 * changed in this file only.
 */
export type Turns = Map<string, Turn>;

type Turn = { waiting: number; last: Promise<unknown> };

export const openTurns = (): Turns => new Map();

/**
 * `waitingMax`: the most commands on one stream, the running one included. `turnMs`: after these milliseconds the next
 * task starts, even if the running one has not ended.
 */
export type TurnLimits = { waitingMax: number; turnMs: number };

/**
 * Runs `task` after all earlier tasks on this key, and passes it what the previous one left. That is undefined when
 * there was no previous task, or it left nothing, failed or took too long. Returns undefined at once when `waitingMax`
 * tasks are there already. Throws the errors of `task`.
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

/** Returns what a task leaves, or undefined when it has not ended after `ms` milliseconds. */
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
