export {
  type DataOf,
  defineEntity,
  defineRecord,
  deleted,
  type Entity,
  type EventOf,
  type Fields,
  optional,
  refuse,
  type StoredEvent,
  type TypedEntity,
  unchanged,
} from '@muster/model';
export { default as Joi } from 'joi';
