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
  meta: { requestId: string };
};
