import { readFileSync, writeFileSync } from 'node:fs';
import type { State, StoredEvent } from '@muster/model';
import type { RecordDocument } from '@muster/store';
import { BSON } from 'mongodb';
import type { ShownCheckpoint } from './open-shell.ts';

/** The data that release 0.1.0 left in a database, and its replies: see fixtures/README.md. */
export type UserLog = {
  /** All documents of `Events`, with the number types of the database. */
  events: StoredEvent[];
  /** The records and checkpoints that the aggregators saved after a part of the events. */
  records: RecordDocument[];
  checkpoints: ShownCheckpoint[];
  deadLetters: { _id: string; partition: number; event: StoredEvent }[];
  states: UserState[];
  answers: UserAnswer[];
};

/** The fold of the stream of a user. */
export type UserState = { id: string; state: State; parked: { version: number; problem: string } | null };

/** An HTTP request that appends no event, and its reply. */
export type UserAnswer = { request: UserRequest; answer: Answered };
export type UserRequest = { method: string; path: string; raw?: string; headers?: Record<string, string> };
/** It has only the headers of the request's subject. The text of a problem does not contain its `requestId`. */
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

/** Replaces the fixture. Documents from the database must have been read with `promoteValues: false`. */
export const saveUserLog = (log: UserLog): void => {
  for (const [name, file] of Object.entries(files)) {
    const lines = log[name as keyof UserLog].map((line) => BSON.EJSON.stringify(line, { relaxed: name === 'answers' }));
    writeFileSync(urlOf(file), lines.map((line) => `${escapeInvisible(line)}\n`).join(''));
  }
};

// escapes the characters that would make an editor break or reverse a line
const escapeInvisible = (json: string) =>
  json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A document in its stored form: `{ "$numberLong": "7" }` is a long. */
export const asStored = <Line>(text: string): Line => BSON.EJSON.parse(text, { relaxed: false }) as Line;

// returns every number as a JavaScript number
const asPlain = (text: string): unknown => BSON.EJSON.parse(text, { relaxed: true });

const readLines = <Line>(file: string, parse: (text: string) => unknown): Line[] =>
  readFileSync(urlOf(file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parse(line) as Line);

const urlOf = (file: string) => new URL(`fixtures/${file}`, import.meta.url);
