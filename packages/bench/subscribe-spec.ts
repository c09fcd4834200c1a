/** The task of the subscribers: which connections they open, and to what. */
export type SubscribeSpec = {
  url: string;
  protocol: 'sse' | 'websocket';
  /** The path of the first connection, of the second one, and so on. They begin again after the last. */
  paths: readonly string[];
  connections: number;
};

/** A time in milliseconds of the clock of the machine. */
type MachineMs = number;

/** What the subscribers got since they were asked last. */
export type Received = {
  messages: number;
  /** Pieces of bytes with at least one message. */
  arrivals: number;
  bytes: number;
  /** Connections that were closed by the other side. */
  lost: number;
  /** Of one connection out of twenty: when the request of a message was due, and when the message came. */
  samples: [dueAt: MachineMs, arrivedAt: MachineMs][];
  /** One message as it came. Empty if none came over server-sent events. */
  message: string;
  /** The processor time of the subscribers, in milliseconds. */
  ownMs: number;
};

/** What the subscribers send to their parent. `received` answers a demand. */
export type SubscriberMessage =
  | { kind: 'open' }
  | { kind: 'problem'; problem: string }
  | { kind: 'received'; received: Received };

/** Demands what was received, once so many messages are there, at most `withinMs` later. */
export type ReceiveDemand = { messages: number; withinMs: number };
