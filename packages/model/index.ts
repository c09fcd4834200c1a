export { type Command, type Decision, decide, type Refusal } from './decide.ts';
export { checkDistinct, type Definition, defineEntity, type Entity, idLengthMax } from './entity.ts';
export { type Event, type EventKind, type ParsedEvent, parseEvent, typeOf } from './event.ts';
export type { Fault } from './fault.ts';
export { findIdFaults, type ParsedInput, parseChanges, parseNew } from './parse-input.ts';
export { present } from './present.ts';
export { type Active, absent, type Deleted, evolve, fold, type State } from './state.ts';
export type { Fields, StoredEvent } from './stored-event.ts';
