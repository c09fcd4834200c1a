// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
type Json = any;

export type Reply = { status: number; headers: Headers; body: Json; text: string; ms: number };

export type CallOptions = { body?: unknown; raw?: string; headers?: Record<string, string>; signal?: AbortSignal };

/** One HTTP request: its status, headers, body (parsed where it is JSON) and the milliseconds it took. */
export const call = async (
  url: string,
  method: string,
  path: string,
  { body, raw, headers = {}, signal }: CallOptions = {},
): Promise<Reply> => {
  const startedAt = performance.now();
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const type: Record<string, string> = content === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers: { ...type, ...headers }, body: content, signal });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
    text,
    ms: performance.now() - startedAt,
  };
};

/**
 * Asks again every few milliseconds until the answer is as wanted; throws after `withinMs` milliseconds, with the last
 * one.
 */
export const eventually = async <T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  withinMs = 15_000,
): Promise<T> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > until)
      throw new Error(`Not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)?.slice(0, 1_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/**
 * Does `task` for all items, at most `most` at a time; gives the results in the items' order, and throws what the first
 * to fail throws.
 */
export const forAll = async <Item, Result>(
  items: readonly Item[],
  most: number,
  task: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = new Array(items.length);
  const next = items.entries();
  const work = async () => {
    for (const [index, item] of next) results[index] = await task(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  return results;
};
