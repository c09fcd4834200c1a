import { readFileSync } from 'node:fs';
import Joi from 'joi';
import { type Environment, type Parsed, parseSettings, secretSettings } from './settings.ts';

/**
 * As `parseSettings`, for a table with CLUSTER_SECRET. When that variable is unset, reads the secret from the file in
 * CLUSTER_SECRET_FILE. An unusable file is one of the problems.
 */
export const parseWithSecret = <Settings>(
  table: Record<string, Joi.Schema>,
  environment: Environment,
): Parsed<Settings> => {
  const read = readSecret(environment);
  if (read.kind === 'secret') {
    const given = read.secret === undefined ? environment : { ...environment, CLUSTER_SECRET: read.secret };
    return parseSettings(table, given, secretSettings);
  }
  const others = parseSettings({ ...table, CLUSTER_SECRET: Joi.any() }, environment, secretSettings);
  return { kind: 'problems', problems: [read.problem, ...(others.kind === 'problems' ? others.problems : [])] };
};

export type ReadSecret = { kind: 'secret'; secret: string | undefined } | { kind: 'problem'; problem: string };

/**
 * Returns CLUSTER_SECRET. When that is unset, returns the trimmed text of the file in CLUSTER_SECRET_FILE. The secret
 * is undefined when neither is set. A problem never shows the text.
 */
export const readSecret = ({ CLUSTER_SECRET: secret, CLUSTER_SECRET_FILE: path }: Environment): ReadSecret => {
  if (secret || !path) return { kind: 'secret', secret: secret || undefined };
  try {
    return judgeSecret(path, readFileSync(path, 'utf8').trim());
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    return problemWith(path, `cannot be read (${code})`);
  }
};

const judgeSecret = (path: string, secret: string): ReadSecret => {
  if (secret === '') return problemWith(path, 'is empty');
  if (secret.length >= shortest && secret.length <= longest) return { kind: 'secret', secret };
  return problemWith(
    path,
    `has ${secret.length} characters, expected ${shortest} to ${longest} (the value is not shown)`,
  );
};

const problemWith = (path: string, what: string): ReadSecret => ({
  kind: 'problem',
  problem: `"CLUSTER_SECRET_FILE" names ${path}, which ${what}`,
});

// the limits of the setting CLUSTER_SECRET
const shortest = 16;
const longest = 256;
