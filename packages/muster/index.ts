export {
  type CountBy,
  countBy,
  type DataOf,
  defineEntity,
  defineRecord,
  deleted,
  type Entity,
  type EventOf,
  emailAddress,
  type FieldSchemas,
  type Fields,
  lineOfText,
  type Optional,
  optional,
  type RecordEvents,
  type RecordInputs,
  refuse,
  type StoredEvent,
  type TypedEntity,
  unchanged,
} from '@muster/model';
export { default as Joi } from 'joi';
export { type Muster, type MusterOptions, startMuster } from './start-muster.ts';
