/**
 * A message to subscribers. `data` is JSON. Each form in which it is sent is made once, when the first subscriber needs
 * it. A plain value. Only this file changes it.
 */
export type Message = {
  readonly event: string;
  readonly id: string; // the position, or empty
  readonly data: string;
  block: Buffer | undefined;
  frame: Buffer | undefined;
};

export const openMessage = (event: string, id: string, data: string): Message => ({
  ...{ event, id, data, block: undefined, frame: undefined },
});

/** The event of a message that has none of its own, as server-sent events name it. */
export const plainEvent = 'message';

/**
 * Returns a message as a block of server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export const blockOf = (message: Message): Buffer => {
  const { event, id, data } = message;
  message.block ??= Buffer.from(
    `${id === '' ? '' : `id: ${id}\n`}${event === plainEvent ? '' : `event: ${event}\n`}data: ${data}\n\n`,
  );
  return message.block;
};

/** Returns what the messages of a WebSocket have in common for all subscribers: the part behind the subscription. */
export const frameOf = (message: Message): Buffer => {
  const { event, id, data } = message;
  message.frame ??= Buffer.from(
    `${JSON.stringify({ event, ...(id === '' ? {} : { id }) }).slice(1, -1)},"data":${data}}`,
  );
  return message.frame;
};
