// biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it expects, and fails if one is missing
type Json = any;

export type Reply = { status: number; headers: Headers; body: Json; text: string; ms: number };

export type CallOptions = { body?: unknown; raw?: string; headers?: Record<string, string>; signal?: AbortSignal };

/** Sends one HTTP request. Returns its status, headers, body (parsed if it is JSON) and duration in ms. */
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
 * Repeats the request every few milliseconds until the reply passes the test. Throws with the last reply after
 * `withinMs` milliseconds.
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
 * Sends a request, and again while the answer is 503, as a client of a busy service does. Returns the first other
 * reply. Throws with the last one after 15 s.
 */
export const callPatiently = (url: string, method: string, path: string, options?: CallOptions): Promise<Reply> =>
  eventually(
    () => call(url, method, path, options),
    ({ status }) => status !== 503,
  );

/**
 * Runs `task` for all items, at most `most` at a time. Returns the results in the order of the items. Throws the error
 * of the first task that fails.
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
