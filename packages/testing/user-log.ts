import { readFileSync, writeFileSync } from 'node:fs';
import type { State, StoredEvent } from '@muster/model';
import type { RecordDocument } from '@muster/store';
import { BSON } from 'mongodb';
import type { ShownCheckpoint } from './open-shell.ts';

/** What release 0.1.0 left in a database, and what it made of it: see fixtures/README.md. */
export type UserLog = {
  /** All documents of `Events`, with the number types of the database. */
  events: StoredEvent[];
  /** What the aggregators had saved when only a part of the events was there. */
  records: RecordDocument[];
  checkpoints: ShownCheckpoint[];
  deadLetters: { _id: string; partition: number; event: StoredEvent }[];
  states: UserState[];
  answers: UserAnswer[];
};

/** What a stream of users folds to. */
export type UserState = { id: string; state: State; parked: { version: number; problem: string } | null };

/** An HTTP request that appends nothing, and what it was answered. */
export type UserAnswer = { request: UserRequest; answer: Answered };
export type UserRequest = { method: string; path: string; raw?: string; headers?: Record<string, string> };
/** The headers are those of the request's subject only; a problem's text is without its `requestId`. */
export type Answered = { status: number; headers: Record<string, string>; text: string };

const files = {
  events: 'user-log.jsonl',
  records: 'user-records.jsonl',
  checkpoints: 'user-checkpoints.jsonl',
  deadLetters: 'user-dead-letters.jsonl',
  states: 'user-states.jsonl',
  answers: 'user-answers.jsonl',
} satisfies Record<keyof UserLog, string>;

/** Reads the fixture. */
export const readUserLog = (): UserLog => ({
  events: readLines<StoredEvent>(files.events, asStored),
  records: readLines<RecordDocument>(files.records, asStored),
  checkpoints: readLines<ShownCheckpoint>(files.checkpoints, asStored),
  deadLetters: readLines<UserLog['deadLetters'][number]>(files.deadLetters, asStored),
  states: readLines<UserState>(files.states, asPlain),
  answers: readLines<UserAnswer>(files.answers, asPlain),
});

/** Replaces the fixture. What was read from the database must have been read with `promoteValues: false`. */
export const saveUserLog = (log: UserLog): void => {
  for (const [name, file] of Object.entries(files)) {
    const lines = log[name as keyof UserLog].map((line) => BSON.EJSON.stringify(line, { relaxed: name === 'answers' }));
    writeFileSync(urlOf(file), lines.map((line) => `${escapeInvisible(line)}\n`).join(''));
  }
};

// an editor must neither break a line there nor turn it round
const escapeInvisible = (json: string) =>
  json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A document as the database keeps it: `{ "$numberLong": "7" }` is a long. */
export const asStored = <Line>(text: string): Line => BSON.EJSON.parse(text, { relaxed: false }) as Line;

// every number is one of JavaScript
const asPlain = (text: string): unknown => BSON.EJSON.parse(text, { relaxed: true });

const readLines = <Line>(file: string, parse: (text: string) => unknown): Line[] =>
  readFileSync(urlOf(file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parse(line) as Line);

const urlOf = (file: string) => new URL(`fixtures/${file}`, import.meta.url);
