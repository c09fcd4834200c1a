export type Fields = Record<string, unknown>;

/** An event as it is stored, for ever: a new field is optional, a changed meaning is a new type or an upcast. */
export type StoredEvent = {
  _id: string; // UUIDv7
  entity: string;
  entityId: string;
  version: number;
  partition: number;
  type: string;
  data: Fields;
  at: Date;
  // `actor`: the name of the key that the request had, if it needed one. `trace`: its `traceparent`. `shape`: the
  // number of the shape of `data`, from 1; a record's events have none. `origin`: the event of another site whose state
  // this event took over
  meta: { requestId: string; actor?: string; trace?: string; shape?: number; origin?: Origin };
};

/** An event of another site: the name of the site, the id of the event, and its version there. */
export type Origin = { site: string; id: string; version: number };

/** An event as the engine understands it: its data is of today's shape. */
export type Event = { type: string; version: number; at: Date; data: Fields };
