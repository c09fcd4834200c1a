import type { CountBy } from './count-by.ts';
import type { DataOf, FieldSchemas, Optional } from './data-of.ts';
import type { Deletes, Refused, Unchanged } from './decision.ts';
import type { About, CommandType, DeclaredRefusal, Entity, EventType } from './entity.ts';
import type { HttpOptions } from './http-options.ts';
import type { RouteDefinition } from './own-route.ts';
import type { FirstDefinition, ReferenceDefinition } from './reference.ts';
import type { Merge } from './sharing.ts';
import type { Fields, StoredEvent } from './stored-event.ts';

/** What an entity's file says of one type of event. */
export type EventDefinition = {
  creates?: true; // begins a thing; every other event happens to one that is there
  fields?: FieldSchemas; // of its data; none where left out
};

/** Turns the data of an event from one shape into the next one. */
export type Upcast = (data: Fields) => Fields;

/** The events of these definitions, as a `decide` gives them. */
export type EventOf<Events> = {
  [Type in keyof Events]: { kind?: never; type: Type; data: DataOf<FieldsOf<Events[Type]>> };
}[keyof Events];

/** An entity with the types of its definition, which the test kit reads. They exist for the compiler only. */
export type TypedEntity<State, Events, Inputs, Reason> = Entity & {
  readonly [types]?: [State, Events, Inputs, Reason];
};
declare const types: unique symbol;

/** What an entity's file says. */
export type EntityDefinition<
  State extends FieldSchemas,
  Events,
  Inputs,
  Reason extends string,
  Name extends string = never,
> = {
  name: string; // in the log and in addresses: 'account'
  collection: string; // where its records are: 'Accounts'
  state: State; // the fields of its state, in the order in which clients see them
  events: Events;
  // by type of event: the first upcast turns its data from shape 1 into shape 2, and so on. One more for each time that
  // the fields of the event changed. They stand apart from the events, so that TypeScript knows these without reading
  // functions
  upcasts?: { readonly [Type in keyof Events]?: readonly Upcast[] };
  // the state after an event. Pure and total; the first argument is undefined for an event that creates
  evolve: { [Type in keyof Events]: Evolve<DataOf<State>, Events[Type]> };
  commands: { [Own in keyof Inputs]: CommandDefinition<DataOf<State>, Events, Inputs[Own], Reason, Name> };
  refusals?: { readonly [Own in Reason]: DeclaredRefusal };
  indexes?: readonly (keyof NoInfer<State> & string)[]; // the fields that lists can be filtered and sorted by
  views?: { readonly [name: string]: CountBy<keyof NoInfer<State> & string> }; // such as { byOwner: countBy('owner') }
  // turns an event of a type that is no longer written into one of today's types; before the event's own upcasts
  upcast?: (stored: StoredEvent) => StoredEvent;
  // what clients see of a state; pure. Without it they see the fields as they are
  present?: (state: DataOf<State>) => Fields;
  // whether a state is that of a thing that is gone: reads and commands get 410, while lists still have it. Pure
  gone?: (state: DataOf<State>) => boolean;
  // shares its things between sites: the state that follows from two states of one thing. Pure, commutative,
  // associative and idempotent, and each event gives a state that merges with the one before it to itself
  merge?: (local: DataOf<State>, remote: DataOf<State>) => DataOf<State>;
  keep?: number; // how many states stay in memory; all of them without it
  // things of other entities that a field of its state names: { asset: { entity: 'asset', field: 'asset_id' } }
  references?: { readonly [Own in Name]: ReferenceDefinition<keyof NoInfer<State> & string> };
  // further addresses, for clients of another API
  routes?: readonly RouteDefinition<DataOf<NoInfer<State>>, keyof NoInfer<Inputs> & string>[];
  legacyRoutes?: true; // routes that are marked as legacy are on
  http?: HttpOptions<keyof NoInfer<State> & string>;
};

type FieldsOf<Event> = Event extends { fields: infer Own } ? Own : Record<never, never>;
type Creates = { creates: true };
type Created<Events> = { [Type in keyof Events]: Events[Type] extends Creates ? Type : never }[keyof Events];
type Happened<Event> = { data: DataOf<FieldsOf<Event>>; at: Date; version: number };

// one function type with the conditions inside it: a condition around it would keep TypeScript from typing arguments
type Evolve<State, Event> = (
  state: Event extends Creates ? undefined : State,
  event: Happened<Event>,
) => Event extends Creates ? State : State | Deletes;

// decide: pure; from the input, the state, the time and the site to one event, `unchanged`, or `refuse(…)`
type CommandDefinition<State, Events, Input, Reason extends string, Name extends string> =
  | {
      creates: true;
      method?: never;
      internal?: never;
      revives?: never;
      id?: IdOf<Input>;
      first?: FirstDefinition<DataOf<Input>, NoInfer<Name>>;
      input?: Input & FieldSchemas;
      decide: (
        input: DataOf<Input>,
        state: undefined,
        now: Date,
        about: About,
      ) => EventOf<Pick<Events, Created<Events>>> | Refused<Reason>;
    }
  | {
      creates: 'ifAbsent'; // it creates the thing, or changes the one that is there
      method?: never;
      internal?: never;
      revives?: true;
      id?: IdOf<Input>;
      first?: FirstDefinition<DataOf<Input>, NoInfer<Name>>;
      input?: Input & FieldSchemas;
      decide: (
        input: DataOf<Input>,
        state: State | undefined, // undefined if it is absent; the event must create it then
        now: Date,
        about: About,
      ) => EventOf<Events> | Unchanged | Refused<Reason>;
    }
  | {
      creates?: never;
      id?: never;
      revives?: true; // runs it on a thing that is gone, too
      method?: 'DELETE'; // runs it on DELETE, too
      internal?: true; // clients cannot run it: it only goes first for commands of other entities
      first?: FirstDefinition<DataOf<Input>, NoInfer<Name>>; // what goes first on the thing that a reference names
      input?: Input & FieldSchemas;
      decide: (
        input: DataOf<Input>,
        state: State,
        now: Date,
        about: About,
      ) => EventOf<Omit<Events, Created<Events>>> | Unchanged | Refused<Reason>;
    };

// pure: the id of the thing that the command creates, from its input. Without it, the gateway makes one
type IdOf<Input> = (input: DataOf<Input>) => string;

/** What an entity's file says of plain data, which clients create, change in part and delete. */
export type RecordDefinition<Own extends FieldSchemas, Title extends string> = {
  name: string; // in the log and in addresses: 'user'
  title: Title; // begins event types: 'User' → 'UserCreated'
  collection: string; // where its records are: 'Users'
  fields: Own; // all required on creation, unless the schema is `optional(…)`
  indexes?: readonly (keyof NoInfer<Own> & string)[]; // the fields that lists can be filtered and sorted by
  views?: { readonly [name: string]: CountBy<keyof NoInfer<Own> & string> }; // such as { byOwner: countBy('owner') }
  // turns an event as it was once written into one as it would be written today
  upcast?: Entity['upcast'];
  // what clients see of the fields, which come in the order above; pure. Without it they see the fields as they are
  present?: (fields: DataOf<Own>) => Fields;
  keep?: number; // how many states stay in memory; all of them without it
  // things of other entities that a field names: { asset: { entity: 'asset', field: 'asset_id' } }
  references?: { readonly [name: string]: ReferenceDefinition<keyof NoInfer<Own> & string> };
  // further addresses, for clients of another API
  routes?: readonly RouteDefinition<DataOf<NoInfer<Own>>, 'create' | 'update' | 'delete'>[];
  legacyRoutes?: true; // routes that are marked as legacy are on
  http?: HttpOptions<keyof NoInfer<Own> & string>;
};

/** The events of a record with these fields and this title. */
export type RecordEvents<Own extends FieldSchemas, Title extends string> = {
  readonly [Type in `${Title}Created`]: { creates: true; fields: Own };
} & { readonly [Type in `${Title}Updated`]: { fields: AnyOf<Own> } } & {
  readonly [Type in `${Title}Deleted`]: Record<never, never>;
};

export type RecordInputs<Own extends FieldSchemas> = { create: Own; update: AnyOf<Own>; delete: Record<never, never> };

/** The same fields, each of which may be missing. */
type AnyOf<Own extends FieldSchemas> = { readonly [Name in keyof Own]: Own[Name] & Optional };

/** A definition without its types, as it may come from JavaScript. */
export type LooseDefinition = {
  name: string;
  collection: string;
  state: FieldSchemas;
  events: Record<string, EventDefinition>;
  upcasts?: Record<string, readonly Upcast[]>;
  evolve: Record<string, EventType['evolve']>;
  commands: Record<string, LooseCommand>;
  refusals?: Record<string, DeclaredRefusal>;
  indexes?: readonly string[];
  views?: Readonly<Record<string, CountBy<string>>>;
  upcast?: Entity['upcast'];
  present?: Entity['present'];
  gone?: Entity['gone'];
  merge?: Merge;
  keep?: number;
  references?: Readonly<Record<string, ReferenceDefinition<string>>>;
  routes?: readonly RouteDefinition[];
  legacyRoutes?: true;
  http?: HttpOptions;
};
export type LooseCommand = {
  creates?: true | 'ifAbsent';
  revives?: true;
  id?: (input: Fields) => string;
  method?: 'DELETE';
  internal?: true;
  first?: FirstDefinition<Fields, string>;
  input?: FieldSchemas;
  decide: CommandType['decide'];
};
