import { defineEntity, deleted, optional, refuse } from '@muster/model';
import Joi from 'joi';
import { note } from './arbitraries.ts';
import { type CommandOf, given, play } from './given.ts';

// Never called: `tsc` checks it. Each line after an `@ts-expect-error` is a mistake in a test of an entity. If one of
// them compiles, the types no longer find it, and `npm run types` fails.

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const holds = <_Same extends true>(): void => {};

const cents = Joi.number().integer().min(1);
const jar = defineEntity({
  ...{ name: 'jar', collection: 'Jars', state: { cents, label: optional(Joi.string()) } },
  events: { Opened: { creates: true, fields: { cents } }, Filled: { fields: { cents } }, Broken: {} },
  evolve: {
    Opened: (_, { data }) => data,
    Filled: (state, { data }) => ({ ...state, ...data }),
    Broken: () => deleted,
  },
  commands: {
    open: { creates: true, input: { cents }, decide: (input) => ({ type: 'Opened', data: input }) },
    fill: { input: { cents }, decide: (input) => (input.cents > 9 ? refuse('Full') : { type: 'Filled', data: input }) },
    break: { decide: () => ({ type: 'Broken', data: {} }) },
  },
  refusals: { Full: { status: 409, title: 'The jar is full' } },
});
const opened = { type: 'Opened', data: { cents: 1 } } as const;

export const checkGiven = (): void => {
  given(jar);
  given(jar, opened, { type: 'Filled', data: { cents: 2 } }, { type: 'Broken', data: {} });
  given(jar, { type: 'Filled', data: { euros: 2 }, shape: 1 });
  // a misspelt event, of the current or a former shape
  // @ts-expect-error
  given(jar, { type: 'Filed', data: { cents: 2 } });
  // @ts-expect-error
  given(jar, { type: 'Filed', data: { euros: 2 }, shape: 1 });
  // wrong data
  // @ts-expect-error
  given(jar, { type: 'Filled', data: { cents: 'a' } });
  // @ts-expect-error
  given(jar, { type: 'Filled', data: { euros: 2 } });
  // @ts-expect-error
  given(jar, { type: 'Filled', data: {} });
  // @ts-expect-error
  given(jar, { type: 'Broken' });
};

export const checkWhen = (): void => {
  given(jar).when('open', { cents: 1 });
  given(jar, opened).when('break');
  given(jar, opened).when('fill', { cents: 1 }, { ifVersion: 1, now: new Date() });
  // a misspelt command
  // @ts-expect-error
  given(jar, opened).when('fil', { cents: 1 });
  // a wrong input
  // @ts-expect-error
  given(jar, opened).when('fill', { cents: 'a' });
  // @ts-expect-error
  given(jar, opened).when('fill', { euros: 1 });
  // @ts-expect-error
  given(jar, opened).when('fill', {});
  // @ts-expect-error
  given(jar, opened).when('fill', { cents: 1 }, { version: 1 });
};

export const checkThen = (): void => {
  const outcome = given(jar, opened).when('fill', { cents: 1 });
  outcome.thenEvent('Filled', { cents: 1 });
  outcome.thenEvent('Broken', {});
  outcome.thenRefused('Full');
  outcome.thenRefused('OtherVersion');
  outcome.thenState({ cents: 2 });
  given(jar, opened).thenState({ cents: 1, label: 'x' });
  // a misspelt event, and wrong data
  // @ts-expect-error
  outcome.thenEvent('Filed', { cents: 1 });
  // @ts-expect-error
  outcome.thenEvent('Filled', { cents: 'a' });
  // @ts-expect-error
  outcome.thenEvent('Filled', { euros: 1 });
  // @ts-expect-error
  outcome.thenEvent('Filled', {});
  // a refusal that neither the entity nor the engine declares
  // @ts-expect-error
  outcome.thenRefused('Empty');
  // a wrong state
  // @ts-expect-error
  outcome.thenState({ cents: 'a' });
  // @ts-expect-error
  outcome.thenState({ cents: 1, euros: 1 });
  // @ts-expect-error
  given(jar, opened).thenState({ label: 'x' });
};

export const checkPlay = (): void => {
  type Command = CommandOf<typeof jar>;
  type Cents = { readonly cents: number };
  holds<Equal<Extract<Command, readonly ['fill', unknown]>, readonly [name: 'fill', input: Cents]>>();
  holds<Equal<Command[0], 'open' | 'fill' | 'break'>>();
  const { events, states } = play(jar, [
    ['open', { cents: 1 }],
    ['break', {}],
  ]);
  holds<Equal<(typeof states)[number], 'absent' | 'deleted' | { readonly cents: number; readonly label?: string }>>();
  holds<Equal<(typeof events)[number]['type'], 'Opened' | 'Filled' | 'Broken'>>();
  given(jar, ...events);
  // @ts-expect-error
  play(jar, [['fil', { cents: 1 }]]);
  // @ts-expect-error
  play(jar, [['fill', { euros: 1 }]]);
};

export const checkRecord = (): void => {
  const created = { type: 'NoteCreated', data: { text: 'one', stars: 1 } } as const;
  given(note, created).when('update', { stars: 2 }).thenEvent('NoteUpdated', { stars: 2 });
  given(note, created).when('delete').thenEvent('NoteDeleted', {});
  // @ts-expect-error
  given(note, { type: 'NoteCreated', data: { text: 'one' } });
  // @ts-expect-error
  given(note, created).when('create', { text: 'one' });
  // @ts-expect-error
  given(note, created).when('update', { star: 2 });
  // @ts-expect-error
  given(note, created).when('remove');
  // @ts-expect-error
  given(note, created).when('update', { stars: 2 }).thenEvent('NoteUpdated', { stars: 'two' });
  // @ts-expect-error
  given(note, created).when('update', { stars: 2 }).thenEvent('NoteChanged', { stars: 2 });
  // @ts-expect-error
  given(note, created).when('update', { stars: 2 }).thenRefused('Full');
};
