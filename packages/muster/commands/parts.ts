import type { Entity } from '@muster/model';
import { runParent } from '@muster/runtime';
import { InvalidArgumentError, Option } from 'commander';
import { loadEntities } from '../load-entities.ts';

// what several commands have in common

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Parses a number of things. Throws for anything but a whole number above 0. */
export const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
};

/** Checks that the text is a port. Throws if it is none. */
export const parsePort = (text: string): string => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('expected a port from 0 to 65535; 0 takes a free one');
};

/** The option that names the file with the entities. */
export const entitiesOption = (): Option =>
  new Option(
    '--entities <file>',
    'the file that exports the list of entities, or systems of Muster such as users,assets',
  )
    .env('ENTITIES')
    .default(undefined, './entities.ts, ./entities.js or ./entities.mjs');

export type WithEntities = { entities?: string };
export type Loaded = { entities: readonly Entity[]; path: string };

/** Runs the work with the entities of the named file. A file that cannot be used ends the command with code 2. */
export const withEntities = async (
  what: string,
  { entities: file }: WithEntities,
  work: (loaded: Loaded) => Promise<void>,
): Promise<void> => {
  const loaded = await loadEntities(file);
  if (loaded.kind === 'entities') return work(loaded);
  console.error(`Cannot ${what}: ${loaded.problem}`);
  process.exitCode = 2;
};

/** Runs a command that looks at a running Muster. Its number becomes the exit code. */
export const onRunning = (
  work: (environment: NodeJS.ProcessEnv, signal: AbortSignal) => Promise<number>,
): Promise<void> => runParent('muster-cli', work, stopMs);

const stopMs = 30_000;

/** The part of a help text that shows how the command is used. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
