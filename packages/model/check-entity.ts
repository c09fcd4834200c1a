import type { FieldSchemas } from './data-of.ts';
import type { EventDefinition, LooseCommand, LooseDefinition, RecordDefinition } from './definition.ts';
import { requiredOf } from './field-schemas.ts';
import {
  findFieldsProblems,
  findNameProblems,
  findNoFunctions,
  findUnread,
  isObject,
  matches,
  reservedFields,
} from './find-definition-problems.ts';
import { findIndexProblems } from './find-index-problems.ts';
import { findRouteProblems } from './find-route-problems.ts';
import { findViewProblems } from './find-view-problems.ts';
import { findHttpProblems } from './http-options.ts';
import { engineProblemNames, problemNameOf } from './problem-name.ts';
import { findFirstProblems, findReferenceProblems } from './reference.ts';
import { sharingTypesOf } from './sharing.ts';

// A definition is checked as if TypeScript had not seen it: it may come from JavaScript.

/** Throws an Error that names everything that is wrong with the definition of an entity. */
export const checkEntity = (definition: LooseDefinition): void => {
  const missing = findMissing(definition);
  if (missing.length > 0) complain(definition, missing);
  complain(definition, [
    ...findUnread('it', definition, [...named, ...required, ...optional]),
    ...findNameProblems(definition),
    ...findFieldsProblems('the state', definition.state, reservedFields),
    ...findIndexProblems(definition.indexes, definition.state),
    ...findViewProblems(definition.views, definition.indexes, definition.state),
    ...findEventProblems(definition),
    ...findUpcastProblems(definition),
    ...findCommandProblems(definition),
    ...findRefusalProblems(definition.refusals ?? {}),
    ...findKeepProblems(definition),
    ...findRouteProblems(definition.routes, ownCommandsOf(definition)),
    ...findReferenceProblems(definition.references, definition.state, definition.views),
    ...findHttpProblems(definition.http, definition.indexes, creatingInputOf(definition)),
    ...findMergeProblems(definition),
    ...findNoFunctions(functionsOf(definition)),
  ]);
};

/** Throws an Error that names everything that is wrong with the definition of a record. */
export const checkRecord = (definition: RecordDefinition<FieldSchemas, string>): void => {
  if (!isObject(definition)) complain(definition, ['its definition must be an object']);
  const { title, fields, indexes, views, upcast, present, references, http } = definition;
  complain(definition, [
    ...findUnread('it', definition, [...named, ...ofRecord]),
    ...findNameProblems(definition),
    ...(matches(/^[A-Z][A-Za-z0-9]{0,31}$/, title)
      ? []
      : ['its title begins event types: it must be 1 to 32 letters and digits, the first a capital']),
    ...findFieldsProblems('the fields', fields, reservedFields),
    ...findIndexProblems(indexes, fields),
    ...findViewProblems(views, indexes, fields),
    ...findKeepProblems(definition),
    ...findRouteProblems(definition.routes, ['create', 'update', 'delete']),
    ...findReferenceProblems(references, fields, views),
    ...findHttpProblems(http, indexes, isObject(fields) ? Object.keys(fields) : []),
    ...findNoFunctions({ upcast, present }),
  ]);
};

const functionsOf = ({ upcast, present, gone, merge }: LooseDefinition) => ({ upcast, present, gone, merge });

const named = ['name', 'collection'] as const;
const required = ['state', 'events', 'evolve', 'commands'] as const;
const shared = [
  'indexes',
  'views',
  'upcast',
  'present',
  'references',
  'keep',
  'routes',
  'legacyRoutes',
  'http',
] as const;
const optional = ['upcasts', 'refusals', 'gone', 'merge', ...shared] as const;
const ofRecord = ['title', 'fields', ...shared] as const;

/** What is not there at all, so that nothing else can be looked at. */
const findMissing = (definition: LooseDefinition): string[] => {
  if (!isObject(definition)) return ['its definition must be an object'];
  if (!required.every((name) => isObject(definition[name])))
    return [`it needs ${required.join(', ')}, each an object: see the chapter on your own entity`];
  const { events, commands, upcasts, refusals } = definition;
  return [
    ...findNoObjects('event', events),
    ...findNoObjects('command', commands),
    ...(upcasts === undefined || isObject(upcasts) ? [] : ['its upcasts must be an object']),
    ...(refusals === undefined || isObject(refusals) ? [] : ['its refusals must be an object']),
    ...findNoObjects('refusal', refusals ?? {}),
  ];
};

const findNoObjects = (what: string, values: object): string[] =>
  Object.entries(values)
    .filter(([, value]) => !isObject(value))
    .map(([name]) => `the ${what} "${name}" must be an object`);

const listed = (problems: readonly string[]): string =>
  problems.length === 1 ? (problems[0] ?? '') : problems.map((problem) => `\n  - ${problem}`).join('');

const complain = (definition: unknown, problems: string[]) => {
  const name: unknown = Object(definition).name;
  if (problems.length > 0) throw new Error(`Cannot define entity ${JSON.stringify(name)}: ${listed(problems)}`);
};

// a view counts all things, so all of them would have to be in memory
const findKeepProblems = ({ keep, views }: { keep?: unknown; views?: object }): string[] => [
  ...(keep === undefined || (Number.isSafeInteger(keep) && Number(keep) > 0)
    ? []
    : ['its keep must be a whole number above 0: how many states stay in memory']),
  ...(keep !== undefined && Object.keys(views ?? {}).length > 0
    ? ['it has keep and views: a view needs all states in memory, so take one of the two out']
    : []),
];

/** Words that stand after the colon for something else, now or later. */
const reservedCommands: readonly string[] = ['adopt', 'diff', 'erase', 'history', 'restore', 'undo'];

/** Whether the engine answers with a problem of this name itself. */
const isReservedReason = (reason: string): boolean =>
  (engineProblemNames as readonly string[]).includes(problemNameOf(reason));

const findEventProblems = ({ events, evolve }: LooseDefinition): string[] => [
  ...Object.entries(events).flatMap(([type, event]) => findOneEventProblems(type, event, evolve[type])),
  ...Object.keys(evolve)
    .filter((type) => !Object.hasOwn(events, type))
    .map((type) => `evolve has a function for "${type}", which is no event: add the event, or take the function out`),
  ...(Object.values(events).some(({ creates }) => creates === true)
    ? []
    : ['no event creates a thing: mark the first event of a thing with "creates: true"']),
];

// the engine makes both events
const findMergeProblems = ({ name, merge, events }: LooseDefinition): string[] =>
  merge === undefined
    ? []
    : Object.values(sharingTypesOf(name))
        .filter((type) => Object.hasOwn(events, type))
        .map((type) => `the engine needs the event type "${type}" for things of other sites: choose another name`);

const findOneEventProblems = (type: string, event: EventDefinition, evolve: unknown): string[] => [
  ...(matches(/^[A-Z][A-Za-z0-9]{0,63}$/, type)
    ? []
    : [`the event type "${type}" must be 1 to 64 letters and digits, the first a capital`]),
  ...findUnread(`the event "${type}"`, event, ['creates', 'fields']),
  ...findOddCreates(`the event "${type}"`, event.creates),
  ...(typeof evolve === 'function' ? [] : [`the event "${type}" has no evolve: add the function evolve.${type}`]),
  ...(event.fields === undefined ? [] : findFieldsProblems(`the fields of the event "${type}"`, event.fields, [])),
];

const findOddCreates = (what: string, creates: unknown): string[] =>
  creates === undefined || creates === true
    ? []
    : [`${what} has a "creates" that is not true: write true, or leave it out`];

const findUpcastProblems = ({ events, upcasts = {} }: LooseDefinition): string[] =>
  Object.entries(upcasts).flatMap(([type, list]) => [
    ...(Object.hasOwn(events, type)
      ? []
      : [`there are upcasts for "${type}", which is no event: add the event, or take them out`]),
    ...(isListOfFunctions(list) ? [] : [`the upcasts of the event "${type}" must be a list of functions`]),
  ]);

const isListOfFunctions = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'function');

const findCommandProblems = ({ commands, references }: LooseDefinition): string[] => {
  const creating = Object.keys(commands).filter((name) =>
    [true, 'ifAbsent'].includes(commands[name]?.creates ?? false),
  );
  const deleting = Object.keys(commands).filter((name) => commands[name]?.method === 'DELETE');
  return [
    ...Object.entries(commands).flatMap(([name, command]) => [
      ...findOneCommandProblems(name, command),
      ...findFirstProblems(name, command.first, command.input, references),
    ]),
    ...(deleting.length <= 1 ? [] : [`the commands ${deleting.join(' and ')} have the method DELETE: only one can`]),
    ...(creating.length === 1 ? [] : [`${describeCreating(creating)} a thing: mark exactly one with "creates: true"`]),
  ];
};

const findOneCommandProblems = (name: string, command: LooseCommand): string[] => [
  ...(matches(/^[a-z][A-Za-z0-9]{0,31}$/, name)
    ? []
    : [`the command "${name}" must be 1 to 32 letters and digits, the first a small one`]),
  ...(reservedCommands.includes(name) ? [`the engine needs the command name "${name}": choose another one`] : []),
  ...findUnread(`the command "${name}"`, command, commandParts),
  ...(command.creates === 'ifAbsent' ? [] : findOddCreates(`the command "${name}"`, command.creates)),
  ...findIdOfProblems(name, command),
  ...findRevivesProblems(name, command),
  ...findMethodProblems(name, command),
  ...findInternalProblems(name, command),
  ...(typeof command.decide === 'function' ? [] : [`the command "${name}" has no decide: add the function`]),
  ...(command.input === undefined ? [] : findFieldsProblems(`the input of "${name}"`, command.input, ['id'])),
];

const commandParts = ['creates', 'id', 'revives', 'method', 'internal', 'first', 'input', 'decide'];

const findIdOfProblems = (name: string, { creates, id }: LooseCommand): string[] =>
  id === undefined || (typeof id === 'function' && creates !== undefined)
    ? []
    : [`the command "${name}" has an "id" that is no function, or does not create: leave it out`];

const findRevivesProblems = (name: string, { creates, revives }: LooseCommand): string[] =>
  revives === undefined || (revives === true && creates !== true)
    ? []
    : [`the command "${name}" has a "revives" that is not true, or only creates: leave it out`];

const findMethodProblems = (name: string, { method, creates, internal, input = {} }: LooseCommand): string[] => {
  if (method === undefined) return [];
  if (method !== 'DELETE') return [`the command "${name}" has a method that is not DELETE: leave it out for POST`];
  const isPlain = creates === undefined && internal === undefined && isObject(input) && requiredOf(input).length === 0;
  return isPlain
    ? []
    : [`the command "${name}" runs on DELETE, which has no body: it cannot create, be internal or require input`];
};

const findInternalProblems = (name: string, { internal, creates }: LooseCommand): string[] =>
  internal === undefined || (internal === true && creates === undefined)
    ? []
    : [`the command "${name}" has an "internal" that is not true, or creates: leave it out`];

const ownCommandsOf = ({ commands }: LooseDefinition): string[] =>
  Object.keys(commands).filter((name) => commands[name]?.internal === undefined);

const creatingInputOf = ({ commands }: LooseDefinition): string[] =>
  Object.keys(Object.values(commands).find(({ creates }) => creates !== undefined)?.input ?? {});

const describeCreating = (names: readonly string[]): string =>
  names.length === 0 ? 'no command creates' : `the commands ${names.join(' and ')} create`;

const findRefusalProblems = (refusals: NonNullable<LooseDefinition['refusals']>): string[] =>
  Object.entries(refusals).flatMap(([reason, refusal]) => [
    ...(matches(/^[A-Z][A-Za-z0-9]{0,63}$/, reason)
      ? []
      : [`the refusal "${reason}" must be 1 to 64 letters and digits, the first a capital`]),
    ...(isReservedReason(reason) ? [`the engine needs the refusal "${reason}": choose another name`] : []),
    ...findUnread(`the refusal "${reason}"`, refusal, ['status', 'title']),
    ...(Number.isInteger(refusal.status) && refusal.status >= 400 && refusal.status <= 499
      ? []
      : [`the refusal "${reason}" needs a status from 400 to 499`]),
    ...(typeof refusal.title === 'string' && refusal.title !== ''
      ? []
      : [`the refusal "${reason}" needs a title, one sentence for the client`]),
  ]);
