import Joi from 'joi';
import type { Check } from './compile-value.ts';
import type { View } from './count-by.ts';
import type { Decided, Deletes } from './decision.ts';
import type { Fault } from './fault.ts';
import type { HttpRules } from './http-options.ts';
import type { IndexType } from './index-key.ts';
import type { OwnRoute } from './own-route.ts';
import type { First, Reference } from './reference.ts';
import type { Event, Fields, StoredEvent } from './stored-event.ts';

/** An entity as the engine uses it: a kind of thing, with its events, its commands and its view. */
export type Entity = Readonly<{
  name: string; // in the log and in addresses: 'user'
  collection: string; // the collection of its records: 'Users'
  path: string; // of its list: '/api/user'
  http: HttpRules;
  isRecord: boolean; // has PUT and DELETE
  fields: Readonly<Record<string, Joi.Schema>>; // of its state
  fieldNames: readonly string[];
  beginnings: readonly string[] | undefined; // of the fields in JSON, where they can be written one by one
  requiredNames: readonly string[]; // the fields that every state has
  indexes: ReadonlyMap<string, IndexType>; // the fields that lists are filtered and sorted by, with their types
  views: ReadonlyMap<string, View>; // by name: 'byGroup'
  references: ReadonlyMap<string, Reference>; // by name: 'asset'
  events: ReadonlyMap<string, EventType>; // by type: 'UserCreated'
  commands: ReadonlyMap<string, CommandType>; // by name: 'create'
  creating: CommandType; // the command that creates
  deleting: CommandType | undefined; // the command that DELETE runs
  routes: readonly OwnRoute[]; // further addresses
  legacyRoutes: boolean; // the routes that are marked as legacy are on, unless a setting says otherwise
  refusals: ReadonlyMap<string, DeclaredRefusal>; // by reason: 'InsufficientFunds'
  // turns an event of an earlier program into one of a current type
  upcast: (stored: StoredEvent) => StoredEvent;
  // makes what clients see from the fields of a state. Pure. Without it, clients see the fields in the order above
  present: ((fields: Fields) => Fields) | undefined;
  // whether the thing of a state is gone: reads and commands get 410, while lists still have it. Pure
  gone: ((fields: Fields) => boolean) | undefined;
  // takes over what another site knows of a thing; undefined if things are not shared between sites
  adopting: CommandType | undefined;
  // how many states of all partitions together stay in memory, once in each replica; all of them if undefined
  keep: number | undefined;
}>;

/** One type of event of an entity. */
export type EventType = Readonly<{
  type: string;
  creates: boolean; // such an event applies only to an absent thing, every other event only to an active one
  fields: Readonly<Record<string, Joi.Schema>>;
  requiredNames: readonly string[];
  schema: Joi.ObjectSchema<Fields>; // the data that a `decide` may return
  check: Check; // the schema, compiled
  upcasts: readonly ((data: Fields) => Fields)[]; // the first one converts shape 1 to shape 2
  evolve: (fields: Fields | undefined, event: Event) => Fields | Deletes;
}>;

/** One command of an entity. */
export type CommandType = Readonly<{
  name: string;
  creates: boolean;
  changes: boolean; // it runs on a thing that exists. A command may do both
  revives: boolean; // it runs on a thing that is gone, too
  idOf: ((input: Fields) => string) | undefined; // the id of the thing that it creates; a request may name no other one
  isInternal: boolean; // clients cannot run it: it only goes first for commands of other entities
  first: First | undefined; // a command of another thing that goes first
  inputNames: readonly string[];
  body: string | undefined; // the field that has the whole body of a request: its own levels are all that count
  schema: Joi.ObjectSchema<Fields>;
  check: Check; // the schema, compiled
  findFaults: (input: Fields) => Fault[]; // faults that the schema cannot express
  decide: (input: Fields, fields: Fields | undefined, now: Date, about: About) => Decided;
}>;

/** Where a command is decided: the name of the site, empty without one. */
export type About = { readonly site: string };

/** The reply to a refusal that an entity declares. */
export type DeclaredRefusal = Readonly<{ status: number; title: string }>;

/** The maximum length of an id, in characters. */
export const idLengthMax = 64;

/** Words with another meaning in addresses, now or later. They cannot be ids. */
const reservedIds: readonly string[] = ['count', 'events', 'history', 'schema', 'search', 'stream'];

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether this is an id. It agrees with the schema below, and is faster, because every read calls it. */
export const isId = (id: unknown): boolean => typeof id === 'string' && idPattern.test(id) && !reservedIds.includes(id);

export const idSchema = Joi.string()
  .pattern(idPattern, `1 to ${idLengthMax} letters, digits, _ and -`)
  .invalid(...reservedIds);

/** Throws an Error if two entities have the same name or the same collection, or if their addresses overlap. */
export const checkDistinct = (entities: readonly Entity[]): void => {
  for (const key of ['name', 'collection'] as const) {
    const values = entities.map((entity) => entity[key]);
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined)
      throw new Error(`Cannot start with two entities of the ${key} "${twice}": give each its own`);
  }
  const paths = entities.map(({ path }) => path);
  const under = paths.find((path, at) =>
    paths.some((other, index) => at !== index && `${path}/`.startsWith(`${other}/`)),
  );
  if (under !== undefined)
    throw new Error(`Cannot start with an entity at ${under}: another entity has this address, or one above it`);
};
