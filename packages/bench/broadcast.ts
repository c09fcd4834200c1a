/** What a broadcaster sends, to all its connections. */
export type BroadcastTask = { message: string; perSecond: number; perBatch: number; seconds: number };

/** In a message, where the time goes when it was due. */
export const timePlace = '@time@';

/** Returns the message of a feed, with a place for the time. Throws when it has no time of the recipe `timed`. Pure. */
export const templateOf = (message: string): string => {
  const template = message.replace(/(?<="name":"t)\d+\.\d+(?=")/, timePlace);
  if (template === message) throw new Error(`Cannot broadcast a message without a time: ${JSON.stringify(message)}`);
  return template;
};

/** Lets a broadcaster send, and waits until it has sent all. */
export const broadcast = async (url: string, task: BroadcastTask): Promise<void> => {
  const answer = await fetch(`${url}/broadcast`, { method: 'POST', body: JSON.stringify(task) });
  if (!answer.ok) throw new Error(`Cannot broadcast: the answer is ${answer.status}`);
};

/** What a process uses, in bytes: its heap with what lies beside it, after a garbage collection, and all its memory. */
export type Memory = { heapBytes: number; rssBytes: number };

/** Reads what a broadcaster uses, after a garbage collection. */
export const readBroadcasterMemory = async (url: string): Promise<Memory> => {
  const { heapUsed, external, rss } = (await (await fetch(`${url}/memory`)).json()) as NodeJS.MemoryUsage;
  return { heapBytes: heapUsed + external, rssBytes: rss };
};
