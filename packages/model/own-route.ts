import type Joi from 'joi';
import type { FieldSchemas } from './data-of.ts';
import type { Fields } from './stored-event.ts';

// An entity may have further addresses, for clients that know another API. An own route maps a request to what the
// engine does, and its result to an answer. All its functions are pure.

/** What an own route answers. `location` is the value of the header Location. */
export type RouteReply = { status?: number; body?: unknown; location?: string };

/** A thing as an own route sees it: its state, what clients see of it, and its address. */
export type RouteThing<State = Fields> = { id: string; state: State; shown: Fields; version: number; address: string };

type Common = {
  readonly path: string; // '/update'
  readonly legacy?: true; // only where the entity's `legacyRoutes` is true, or the setting LEGACY_ROUTES is on
};

/** The parameters of the address, and the fields of the body, each with its schema. `any`: any JSON object. */
type Takes = { readonly query?: FieldSchemas; readonly body?: FieldSchemas | 'any' };

/** What a request has, after it was checked. */
export type RouteRequest = { query: Fields; body: Fields };

/** Runs a command. `answer` gets the thing, or undefined if the command deleted it. */
export type RunsCommand<State = Fields, Command extends string = string> = Common &
  Takes & {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    readonly runs: Command;
    readonly reads?: never;
    readonly readsAll?: never;
    readonly id?: (request: RouteRequest) => string; // of the thing; not needed where the command knows it
    readonly input: (request: RouteRequest) => Fields;
    readonly answer: (thing: RouteThing<State> | undefined, request: RouteRequest) => RouteReply;
    readonly missing?: (request: RouteRequest) => RouteReply; // in place of 404 and 410
  };

/** Reads one thing. */
export type ReadsThing<State = Fields> = Common & {
  readonly method: 'GET';
  readonly reads: (request: RouteRequest) => string; // its id
  readonly runs?: never;
  readonly readsAll?: never;
  readonly input?: never; // by this, TypeScript knows which kind a route is before it knows the commands
  readonly query?: FieldSchemas;
  readonly body?: never;
  readonly answer: (thing: RouteThing<State>, request: RouteRequest) => RouteReply;
  readonly missing?: (request: RouteRequest) => RouteReply; // in place of 404 and 410
};

/** Reads all things. The answer is one object. It has a member for each thing of which `member` returns one. */
export type ReadsAll = Common & {
  readonly method: 'GET';
  readonly readsAll: true;
  readonly runs?: never;
  readonly reads?: never;
  readonly input?: never;
  readonly query?: never;
  readonly body?: never;
  readonly member: (shown: Fields) => readonly [name: string, value: unknown] | undefined; // what clients see
};

/** What an entity's file says of a further address. */
export type RouteDefinition<State = Fields, Command extends string = string> =
  | RunsCommand<State, Command>
  | ReadsThing<State>
  | ReadsAll;

/** A further address, as the engine uses it. */
export type OwnRoute = Readonly<{
  definition: RouteDefinition;
  isLegacy: boolean;
  query: Joi.ObjectSchema<Fields>;
  body: Joi.ObjectSchema<Fields> | undefined; // undefined if the request has none
}>;
