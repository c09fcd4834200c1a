export { checkReferences } from './check-references.ts';
export { type CountBy, countBy, type View } from './count-by.ts';
export type { DataOf, FieldSchemas, Optional } from './data-of.ts';
export { type Command, type DecidedEvent, type Decision, decide, type EngineRefusal, EntityBroken } from './decide.ts';
export { deleted, refuse, unchanged } from './decision.ts';
export { deepFreeze } from './deep-freeze.ts';
export { defineEntity } from './define-entity.ts';
export { defineRecord } from './define-record.ts';
export type {
  EntityDefinition,
  EventOf,
  RecordDefinition,
  RecordEvents,
  RecordInputs,
  TypedEntity,
} from './definition.ts';
export { type DescribedEvent, describeChanges, describeEvents, shownOf } from './describe-events.ts';
export { diffJson } from './diff-json.ts';
export {
  type About,
  type CommandType,
  checkDistinct,
  type Entity,
  type EventType,
  idLengthMax,
  idSchema,
  isId,
} from './entity.ts';
export { type ParsedEvent, parseEvent, shapeOf } from './event.ts';
export { type Fault, type FaultCode, type FaultPlace, faultCodes } from './fault.ts';
export { type Filter, meetsFilter, type Operator, operators, periodOperators, type Range, rangesOf } from './filter.ts';
export { findFieldProblem } from './find-field-problem.ts';
export type { Format, HttpRules } from './http-options.ts';
export { idFrom } from './id-from.ts';
export {
  compareKeys,
  compareTexts,
  decodeKey,
  encodeKey,
  type IndexType,
  type Key,
  keyOf,
  parseKey,
} from './index-key.ts';
export { staysGone } from './is-gone.ts';
export { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
export { emailAddress, lineOfText } from './line-of-text.ts';
export { optional } from './optional.ts';
export type {
  OwnRoute,
  ReadsAll,
  ReadsThing,
  RouteDefinition,
  RouteReply,
  RouteRequest,
  RouteThing,
  RunsCommand,
} from './own-route.ts';
export { findIdFaults, type ParsedInput, parseFields, parseInput } from './parse-input.ts';
export { type Period, parsePeriod } from './parse-period.ts';
export { hasPassed, meets, type Precondition, type Tags } from './precondition.ts';
export { present } from './present.ts';
export { type EngineProblemName, engineProblemNames, problemNameOf } from './problem-name.ts';
export {
  compareRows,
  indexNameOf,
  indexNamesOf,
  indexTypeOf,
  keyOfThing,
  meetsAll,
  type Query,
  reverseSort,
  type SortKey,
  selectFields,
} from './query.ts';
export { parseDate } from './read-dates.ts';
export type { First, Reference } from './reference.ts';
export { type Rendered, renderSelected, renderState } from './render-state.ts';
export { checkRoutes, routeName } from './routes-of.ts';
export { type Merge, sharingTypesOf } from './sharing.ts';
export { type Active, type Applied, absent, applyStored, type Deleted, evolve, fold, type State } from './state.ts';
export { decodeFields, decodeState, encodeFields, encodeState, parseState, writeState } from './state-codec.ts';
export type { Event, Fields, Origin, StoredEvent } from './stored-event.ts';
export {
  addGroup,
  countInto,
  decodeGroup,
  encodeGroup,
  type FigureName,
  figureNames,
  figuresOf,
  type Group,
  type Groups,
  groupOf,
  type Measure,
  markOf,
  openGroup,
  shownGroup,
} from './view.ts';
