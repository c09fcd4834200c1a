import Joi from 'joi';
import {
  countBy,
  type DataOf,
  defineEntity,
  defineRecord,
  deleted,
  type EventOf,
  type Fields,
  optional,
  refuse,
  type StoredEvent,
  type TypedEntity,
  unchanged,
} from './index.ts';

// Never called: `tsc` checks it. Each line after an `@ts-expect-error` is a mistake in an entity's file. If one of them
// compiles, the types no longer find it, and `npm run types` fails. It fails, too, if the right definition does not
// compile or has other types than those named here.

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const holds = <_Same extends true>(): void => {};

export const checkEqual = (): void => {
  holds<Equal<{ readonly a: string; b?: number }, { readonly a: string; b?: number }>>();
  // @ts-expect-error
  holds<Equal<{ a: string }, { readonly a: string }>>();
  // @ts-expect-error
  holds<Equal<{ a: string | undefined }, { a?: string }>>();
  // @ts-expect-error
  holds<Equal<{ a: string }, { a: ReturnType<typeof JSON.parse> }>>(); // an `any`
};

const cents = Joi.number().integer().min(1);
const text = Joi.string();

/** All that a definition can have. */
export const jar = defineEntity({
  name: 'jar',
  collection: 'Jars',
  state: { cents, label: optional(text), openedAt: Joi.date() },
  events: {
    JarOpened: { creates: true, fields: { label: optional(text) } },
    JarFilled: {
      fields: { cents, coins: optional(Joi.array<number[]>()) },
    },
    JarBroken: {},
  },
  upcasts: {
    JarFilled: [
      (data) => {
        holds<Equal<typeof data, Fields>>();
        return { cents: data.euros };
      },
    ],
  },
  evolve: {
    JarOpened: (state, { data, at, version }) => {
      holds<Equal<typeof state, undefined>>();
      holds<Equal<typeof data, { readonly label?: string }>>();
      holds<Equal<typeof at, Date>>();
      holds<Equal<typeof version, number>>();
      return { cents: 0, label: data.label, openedAt: at };
    },
    JarFilled: (state, { data }) => {
      holds<Equal<typeof state, { readonly cents: number; readonly label?: string; readonly openedAt: Date }>>();
      holds<Equal<typeof data, { readonly cents: number; readonly coins?: number[] }>>();
      return { ...state, cents: state.cents + data.cents };
    },
    JarBroken: () => deleted,
  },
  commands: {
    open: {
      creates: true,
      input: { label: optional(text) },
      decide: (input, state, now) => {
        holds<Equal<typeof input, { readonly label?: string }>>();
        holds<Equal<typeof state, undefined>>();
        holds<Equal<typeof now, Date>>();
        return input.label === '' ? refuse('NoLabel') : { type: 'JarOpened', data: input };
      },
    },
    fill: {
      input: { cents },
      decide: (input, state, now) => {
        holds<Equal<typeof input, { readonly cents: number }>>();
        holds<Equal<typeof state, { readonly cents: number; readonly label?: string; readonly openedAt: Date }>>();
        if (now < state.openedAt) return unchanged;
        return input.cents > 100 ? refuse('Full', 'It holds 100') : { type: 'JarFilled', data: input };
      },
    },
    break: { decide: () => ({ type: 'JarBroken', data: {} }) },
  },
  refusals: { Full: { status: 409, title: 'The jar is full' }, NoLabel: { status: 422, title: 'A label has letters' } },
  upcast: (stored) => {
    holds<Equal<typeof stored, StoredEvent>>();
    return stored;
  },
  present: (state) => {
    holds<Equal<typeof state, { readonly cents: number; readonly label?: string; readonly openedAt: Date }>>();
    return { euros: state.cents / 100 };
  },
});

type Types<Of> =
  Of extends TypedEntity<infer State, infer Events, infer Inputs, infer Reason>
    ? [State, Events, Inputs, Reason]
    : never;
type InputOf<Inputs> = { [Name in keyof Inputs]: DataOf<Inputs[Name]> };

export const checkTypes = (): void => {
  type State = { readonly cents: number; readonly label?: string; readonly openedAt: Date };
  holds<Equal<Types<typeof jar>[0], State>>();
  holds<
    Equal<
      EventOf<Types<typeof jar>[1]>,
      | { kind?: never; type: 'JarOpened'; data: { readonly label?: string } }
      | { kind?: never; type: 'JarFilled'; data: { readonly cents: number; readonly coins?: number[] } }
      | { kind?: never; type: 'JarBroken'; data: DataOf<Record<never, never>> }
    >
  >();
  holds<
    Equal<
      InputOf<Types<typeof jar>[2]>,
      { open: { readonly label?: string }; fill: { readonly cents: number }; break: DataOf<Record<never, never>> }
    >
  >();
  holds<Equal<Types<typeof jar>[3], 'Full' | 'NoLabel'>>();
};

export const checkRecordTypes = (): void => {
  const book = defineRecord({
    ...{ name: 'book', title: 'Book', collection: 'Books', fields: { title: text, pages: optional(cents) } },
    present: (fields) => {
      holds<Equal<typeof fields, { readonly title: string; readonly pages?: number }>>();
      return fields;
    },
  });
  type Book = { readonly title: string; readonly pages?: number };
  holds<Equal<Types<typeof book>[0], Book>>();
  holds<Equal<Types<typeof book>[3], never>>();
  holds<
    Equal<
      InputOf<Types<typeof book>[2]>,
      {
        create: Book;
        update: { readonly title?: string; readonly pages?: number };
        delete: DataOf<Record<never, never>>;
      }
    >
  >();
  holds<Equal<keyof Types<typeof book>[1], 'BookCreated' | 'BookUpdated' | 'BookDeleted'>>();
  // @ts-expect-error
  defineRecord({ name: 'book', title: 'Book', collection: 'Books', fields: { title: 'text' } });
  // @ts-expect-error
  defineRecord({ name: 'book', collection: 'Books', fields: { title: text } });
};

// what follows differs in one thing from a definition that compiles
const named = { name: 'jar', collection: 'Jars', state: { cents, label: optional(text) } };
const events = { Opened: { creates: true, fields: { cents } }, Filled: { fields: { cents } }, Broken: {} } as const;
const refusals = { Full: { status: 409, title: 'The jar is full' } };
type State = { readonly cents: number; readonly label?: string };
const evolve = {
  Opened: (_: undefined, { data }: { data: { readonly cents: number } }): State => data,
  Filled: (state: State, { data }: { data: { readonly cents: number } }): State => ({ ...state, ...data }),
  Broken: (state: State): State => state,
};
const open = {
  creates: true,
  input: { cents },
  decide: (input: { readonly cents: number }) => ({ type: 'Opened', data: input }) as const,
} as const;

export const checkParts = (): void => {
  defineEntity({ ...named, events, evolve, commands: { open } });
  // @ts-expect-error
  defineEntity({ collection: 'Jars', state: { cents }, events, evolve, commands: { open } });
  // @ts-expect-error
  defineEntity({ ...named, evolve, commands: { open } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, refusal: refusals });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, refusals: { Full: { status: 409 } } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, state: { cents: 'a number' } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, present: (state) => ({ euros: state.euros }) });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, upcast: ({ type }) => ({ type }) });
  // @ts-expect-error
  defineEntity({ ...named, events: { ...events, Filled: { fields: { cents: Number } } }, evolve, commands: { open } });
  // @ts-expect-error
  defineEntity({ ...named, events: { ...events, Opened: { creates: 'yes' } }, evolve, commands: { open } });
  // @ts-expect-error
  defineEntity({ ...named, events: { ...events, Broken: { feilds: {} } }, evolve, commands: { open } });
  defineEntity({ ...named, events, evolve, commands: { open }, upcasts: { Filled: [(data) => data], Broken: [] } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, upcasts: { Filed: [(data) => data] } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, upcasts: { Filled: (data) => data } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open }, upcasts: { Filled: [() => 7] } });
};

export const checkEvolve = (): void => {
  const { Opened, Filled, Broken } = evolve;
  const rest = { ...named, events, commands: { open } };
  defineEntity({ ...rest, evolve: { Opened, Filled, Broken } });
  defineEntity({ ...rest, evolve: { Opened, Filled, Broken: () => deleted } });
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: (state, { data }) => ({ ...state, cents: data.cents }) } });
  defineEntity({
    ...rest,
    evolve: { Filled, Broken, Opened: (_, { data }) => ({ cents: data.cents, label: undefined }) },
  });
  // an event without an evolve, and an evolve of no event
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Filled } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Filled, Broken, Filed: Filled } });
  // a wrong state
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: (state) => ({ cents: state.cent }) } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: () => ({ cents: 'many' }) } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: () => ({ label: 'x' }) } });
  // TypeScript takes a field too many in what a function returns; `evolve` and `decide` of the engine refuse it
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: () => ({ cents: 1, euros: 1 }) } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: () => undefined } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: async (state) => state } });
  // wrong data
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Broken, Filled: (_, { data }) => ({ cents: data.euros }) } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Opened, Filled, Broken: (_, { data }) => ({ cents: data.cents }) } });
  // an event that creates has no state before it, and leaves one
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Filled, Broken, Opened: (state) => ({ cents: state.cents }) } });
  // @ts-expect-error
  defineEntity({ ...rest, evolve: { Filled, Broken, Opened: () => deleted } });
};

export const checkDecide = (): void => {
  const rest = { ...named, events, evolve, refusals };
  defineEntity({
    ...rest,
    commands: { open, add: { input: { cents }, decide: (data) => ({ type: 'Filled', data }) } },
  });
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Broken', data: {} }) } } });
  defineEntity({ ...rest, commands: { open, add: { decide: () => unchanged } } });
  defineEntity({ ...rest, commands: { open, add: { decide: () => refuse('Full') } } });
  // a misspelt event
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Filed', data: { cents: 1 } }) } } });
  // wrong data
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Filled', data: { cents: 'a' } }) } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Filled', data: {} }) } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Broken' }) } } });
  // a wrong field of the input, none of which there is without `input`
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { input: { cents }, decide: ({ why }) => refuse('Full', why) } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: (input) => refuse('Full', input.why) } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { input: { cents: Number }, decide: () => unchanged } } });
  // a wrong field of the state
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: (_, state) => refuse('Full', state.euros) } } });
  // a refusal that is not declared
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => refuse('Empty') } } });
  // @ts-expect-error
  defineEntity({ ...named, events, evolve, commands: { open, add: { decide: () => refuse('Full') } } });
  // nothing, and what is not there yet
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => undefined } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: async () => unchanged } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: {} } });
  // an event that creates, for a thing that is there
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, add: { decide: () => ({ type: 'Opened', data: { cents: 1 } }) } } });
};

export const checkMerge = (): void => {
  const rest = { ...named, events, evolve, commands: { open } };
  defineEntity({ ...rest, merge: (local, remote) => (local.cents >= remote.cents ? local : remote) });
  defineEntity({
    ...rest,
    merge: (local, remote) => {
      holds<Equal<typeof local, State>>();
      holds<Equal<typeof remote, State>>();
      return { cents: Math.max(local.cents, remote.cents), label: undefined };
    },
  });
  // a field that the state does not have, and what is no state
  // @ts-expect-error
  defineEntity({ ...rest, merge: (local, remote) => ({ cents: local.cents + remote.euros }) });
  // @ts-expect-error
  defineEntity({ ...rest, merge: (local) => ({ label: local.label }) });
  // @ts-expect-error
  defineEntity({ ...rest, merge: (local) => ({ ...local, cents: 'many' }) });
  // @ts-expect-error
  defineEntity({ ...rest, merge: () => deleted });
  // @ts-expect-error
  defineEntity({ ...rest, merge: () => undefined });
  // @ts-expect-error
  defineEntity({ ...rest, merge: async (local) => local });
  // @ts-expect-error
  defineEntity({ ...rest, merge: 'union' });
  // states are not to be changed
  const merge = (local: State, remote: State): State => {
    // @ts-expect-error
    local.cents = remote.cents;
    return local;
  };
  defineEntity({ ...rest, merge });
  // records are not shared
  const record = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } } as const;
  // @ts-expect-error
  defineRecord({ ...record, merge: (local: unknown) => local });
};

export const checkIndexes = (): void => {
  const rest = { ...named, events, evolve, refusals, commands: { open } };
  defineEntity({ ...rest, indexes: ['cents'] });
  // a field that the state does not have
  // @ts-expect-error
  defineEntity({ ...rest, indexes: ['euros'] });
  const record = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } } as const;
  defineRecord({ ...record, indexes: ['title'] });
  // @ts-expect-error
  defineRecord({ ...record, indexes: ['name'] });
};

export const checkReferences = (): void => {
  const rest = { ...named, events, evolve, indexes: ['label'] } as const;
  const references = { owner: { entity: 'person', field: 'label' } } as const;
  const input = { cents, label: text };
  const opened = (first: { reference: 'owner'; command: string }) =>
    defineEntity({ ...rest, references, commands: { open: { ...open, input, first } } });
  opened({ reference: 'owner', command: 'greet' });
  defineEntity({
    ...{ ...rest, references },
    commands: {
      open: {
        ...{ creates: true, input, decide: open.decide },
        first: {
          ...{ reference: 'owner', command: 'greet' },
          input: (given, id) => {
            holds<Equal<typeof given, { readonly cents: number; readonly label: string }>>();
            holds<Equal<typeof id, string>>();
            return { jar: id };
          },
        },
      },
    },
  });
  // a field that the state does not have, and an unknown reference
  // @ts-expect-error
  defineEntity({ ...rest, references: { owner: { entity: 'person', field: 'name' } }, commands: { open } });
  // @ts-expect-error
  defineEntity({ ...rest, references, commands: { open: { ...open, first: { reference: 'own', command: 'greet' } } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { ...open, first: { reference: 'owner', command: 'greet' } } } });
  const record = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } } as const;
  defineRecord({ ...record, references: { shelf: { entity: 'shelf', field: 'title' } } });
  // @ts-expect-error
  defineRecord({ ...record, references: { shelf: { entity: 'shelf', field: 'name' } } });
};

export const checkHttp = (): void => {
  const rest = { ...named, events, evolve, commands: { open }, indexes: ['cents'] } as const;
  defineEntity({ ...rest, http: { format: 'json-api', type: 'jars', sort: '-cents', limit: 50 } });
  defineEntity({ ...rest, http: { sort: '-updatedAt' } });
  // @ts-expect-error
  defineEntity({ ...rest, http: { format: 'xml' } });
  // @ts-expect-error
  defineEntity({ ...rest, http: { sort: 'euros' } });
  // @ts-expect-error
  defineEntity({ ...rest, http: { limit: 'all' } });
  // only a command on a thing can have the method DELETE, or be internal
  const broken = { decide: () => ({ type: 'Broken', data: {} }) as const };
  defineEntity({ ...rest, commands: { open, break: { ...broken, method: 'DELETE' } } });
  defineEntity({ ...rest, commands: { open, break: { ...broken, internal: true } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, break: { ...broken, method: 'GET' } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { ...open, method: 'DELETE' } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { ...open, internal: true } } });
};

export const checkViews = (): void => {
  const rest = { ...named, events, evolve, refusals, commands: { open }, indexes: ['cents'] } as const;
  defineEntity({ ...rest, views: { byCents: countBy('cents'), sums: countBy('cents', { measures: ['cents'] }) } });
  // fields that the state does not have
  // @ts-expect-error
  defineEntity({ ...rest, views: { byEuros: countBy('euros') } });
  // @ts-expect-error
  defineEntity({ ...rest, views: { byCents: countBy('cents', { measures: ['euros'] }) } });
  const record = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } } as const;
  defineRecord({ ...record, indexes: ['title'], views: { byTitle: countBy('title') } });
  // @ts-expect-error
  defineRecord({ ...record, indexes: ['title'], views: { byTitle: countBy('name') } });
};

export const checkDecideOfCreating = (): void => {
  const rest = { ...named, events, evolve, refusals };
  defineEntity({ ...rest, commands: { open: { creates: true, input: { cents }, decide: open.decide } } });
  defineEntity({ ...rest, commands: { open: { creates: true, decide: () => refuse('Full') } } });
  // an event that does not create
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { creates: true, decide: () => ({ type: 'Broken', data: {} }) } } });
  // there is no state yet
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { creates: true, decide: (_, state) => refuse('Full', state.label) } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { creates: true, decide: () => unchanged } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { creates: 'yes', decide: () => refuse('Full') } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { creates: true, decide: () => refuse('Empty') } } });
  // it cannot run on a thing that is gone
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open: { ...open, revives: true } } });
};

export const checkDecideOfCreatingOrChanging = (): void => {
  const rest = { ...named, events, evolve, refusals };
  const input = { cents };
  defineEntity({
    ...rest,
    commands: {
      put: {
        creates: 'ifAbsent',
        input: { cents },
        revives: true,
        id: (input) => {
          holds<Equal<typeof input, { readonly cents: number }>>();
          return String(input.cents);
        },
        decide: (input, state, now) => {
          holds<Equal<typeof input, { readonly cents: number }>>();
          holds<Equal<typeof state, State | undefined>>();
          holds<Equal<typeof now, Date>>();
          if (!state) return { type: 'Opened', data: input };
          return state.cents === input.cents ? unchanged : { type: 'Filled', data: input };
        },
      },
    },
  });
  defineEntity({
    ...rest,
    commands: { put: { creates: 'ifAbsent', input, decide: (_, state) => (state ? unchanged : refuse('Full')) } },
  });
  // the state may be missing
  defineEntity({
    ...rest,
    // @ts-expect-error
    commands: { put: { creates: 'ifAbsent', input, decide: (_, state) => refuse('Full', state.label) } },
  });
  // wrong data, a misspelt event, a refusal that is not declared
  defineEntity({
    ...rest,
    // @ts-expect-error
    commands: { put: { creates: 'ifAbsent', input, decide: () => ({ type: 'Opened', data: {} }) } },
  });
  defineEntity({
    ...rest,
    // @ts-expect-error
    commands: { put: { creates: 'ifAbsent', input, decide: (data) => ({ type: 'Opend', data }) } },
  });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { put: { creates: 'ifAbsent', input, decide: () => refuse('Empty') } } });
  // TypeScript cannot know that only an event that creates begins a thing; `decide` of the engine refuses another one
  defineEntity({
    ...rest,
    commands: { put: { creates: 'ifAbsent', input, decide: (data) => ({ type: 'Filled', data }) } },
  });
  // an id that is no text, or is made of a field that the input does not have
  const decide = () => unchanged;
  // @ts-expect-error
  defineEntity({ ...rest, commands: { put: { creates: 'ifAbsent', input, id: (input) => input.cents, decide } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { put: { creates: 'ifAbsent', input, id: (input) => input.euros, decide } } });
  // it runs on what is there, too, but by no method of its own
  // @ts-expect-error
  defineEntity({ ...rest, commands: { put: { creates: 'ifAbsent', input, method: 'DELETE', decide } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { put: { creates: 'ifAbsent', input, internal: true, decide } } });
};

export const checkRevives = (): void => {
  const rest = { ...named, events, evolve, gone: (state: State) => state.cents === 0 };
  const fill = { input: { cents }, decide: (data: { readonly cents: number }) => ({ type: 'Filled', data }) as const };
  defineEntity({ ...rest, commands: { open, fill: { ...fill, revives: true } } });
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, fill: { ...fill, revives: 'yes' } } });
  // @ts-expect-error
  defineEntity({ ...rest, gone: (state) => state.euros === 0, commands: { open, fill } });
  // only a command that may meet a thing has an id of its own
  // @ts-expect-error
  defineEntity({ ...rest, commands: { open, fill: { ...fill, id: () => 'a' } } });
};

export const checkRoutes = (): void => {
  const rest = { ...named, events, evolve, commands: { open } };
  const shared = { query: { label: text }, input: () => ({ cents: 1 }), answer: () => ({ status: 202 }) } as const;
  const runs = { ...shared, method: 'POST', path: '/open', runs: 'open' } as const;
  const reads = { method: 'GET', path: '/jar', reads: () => 'a', answer: () => ({}) } as const;
  const readsAll = { method: 'GET', path: '/jars', readsAll: true, member: () => undefined } as const;
  defineEntity({ ...rest, routes: [runs, reads, readsAll, { ...runs, path: '/fill', body: 'any', legacy: true }] });
  defineEntity({
    ...rest,
    routes: [
      {
        method: 'POST',
        path: '/open',
        runs: 'open',
        id: ({ query }) => {
          holds<Equal<typeof query, Fields>>();
          return String(query.label);
        },
        input: ({ body }) => body,
        answer: (thing, { body }) => {
          holds<Equal<NonNullable<typeof thing>['state'], State>>();
          return { status: 201, body: thing?.shown ?? body, location: thing?.address ?? '/' };
        },
      },
      {
        method: 'GET',
        path: '/jar',
        reads: ({ query }) => String(query.label),
        answer: ({ id, state, version }) => {
          holds<Equal<typeof state, State>>();
          return { body: [id, version, state.cents] };
        },
        missing: () => ({ status: 404, body: null }),
      },
      { method: 'GET', path: '/jars', readsAll: true, member: (shown) => [String(shown.label), shown.cents] },
    ],
  });
  // no command, none or two of the kinds, and a method that this kind does not have
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...runs, runs: 'close' }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...shared, method: 'POST', path: '/open' }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...runs, reads: () => 'a' }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...runs, method: 'PATCH' }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...reads, method: 'POST' }] });
  // a function too few, and one of another kind
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ method: 'POST', path: '/open', runs: 'open', input: () => ({}) }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ method: 'GET', path: '/jars', readsAll: true }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...reads, input: () => ({}) }] });
  // a thing that the command may have deleted, a wrong field of the state, and an answer without the right parts
  const { method, path } = reads;
  const input = () => ({});
  defineEntity({
    ...rest,
    routes: [{ method, path, runs: 'open', input, answer: (thing) => ({ body: thing?.state }) }],
  });
  defineEntity({
    ...rest,
    // @ts-expect-error
    routes: [{ method, path, runs: 'open', input, answer: (thing) => ({ body: thing.state }) }],
  });
  const id = () => 'a';
  defineEntity({ ...rest, routes: [{ method, path, reads: id, answer: ({ state }) => ({ body: state.cents }) }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ method, path, reads: id, answer: ({ state }) => ({ body: state.euros }) }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ method, path, reads: id, answer: () => ({ status: '202' }) }] });
  // what is no schema, and what is no true
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...runs, body: { cents: 7 } }] });
  // @ts-expect-error
  defineEntity({ ...rest, routes: [{ ...runs, legacy: false }] });
  // @ts-expect-error
  defineEntity({ ...rest, legacyRoutes: false });
  const record = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } } as const;
  defineRecord({ ...record, routes: [{ ...runs, runs: 'update' }] });
  // @ts-expect-error
  defineRecord({ ...record, routes: [runs] });
};
