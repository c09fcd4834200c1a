import type { Entity } from '@muster/model';
import { asset } from './asset.ts';
import { message } from './message.ts';
import { note } from './note.ts';
import { record, recordWithLegacy } from './record.ts';
import { user } from './user.ts';

export { asset } from './asset.ts';
export { note } from './note.ts';
export { record } from './record.ts';

/** The systems that can be chosen by name, each with its entities. A further entity is a file and a line here. */
export const systems: Readonly<Record<string, readonly Entity[]>> = {
  users: [user],
  assets: [asset, note],
  messages: [message],
  records: [record],
};

/** What runs in place of a system that runs alone. */
const alone: Readonly<Record<string, readonly Entity[]>> = { records: [recordWithLegacy] };

/** What runs if nothing is chosen. */
export const entities: readonly Entity[] = [user];

export type Chosen = { kind: 'entities'; entities: readonly Entity[] } | { kind: 'problem'; problem: string };

/** Returns the entities of systems: their names with commas between, or `all`. An empty text stands for users. */
export const chooseEntities = (text: string): Chosen => {
  const names = text.trim() === '' ? ['users'] : text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => name !== 'all' && !Object.hasOwn(systems, name));
  if (unknown !== undefined) return { kind: 'problem', problem: noSystem(unknown) };
  const [only = ''] = new Set(names).size === 1 ? names : [];
  if (Object.hasOwn(alone, only)) return { kind: 'entities', entities: alone[only] ?? [] };
  const wanted = Object.entries(systems).filter(([name]) => names.includes(name) || names.includes('all'));
  return { kind: 'entities', entities: wanted.flatMap(([, list]) => list) };
};

const noSystem = (name: string): string =>
  `there is no system "${name}": name one or more of ${Object.keys(systems).join(', ')}, or all`;
