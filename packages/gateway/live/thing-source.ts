import { type Entity, findIdFaults } from '@muster/model';
import type { Gateway } from '../gateway.ts';
import { findUnknown, type Query } from '../parse-past.ts';
import { unavailable } from '../problem.ts';
import { type Read, readThing } from '../read-thing.ts';
import { gone, notFound } from '../thing-problems.ts';
import type { ParsedSource, Source, SourceRead } from './source.ts';

/** Parses the address of one thing that is to be live: a list with one row, or with none. */
export const parseThingSource = (gateway: Gateway, entity: Entity, id: string, query: Query): ParsedSource => {
  const faults = [...findIdFaults(id), ...findUnknown(query, [])];
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'source', source: thingSource(gateway, entity, id) };
};

const thingSource = (gateway: Gateway, entity: Entity, id: string): Source => ({
  key: `thing ${entity.name} ${id}`,
  ...{ entity, id, rowName: 'id', needs: 'after' },
  read: async (_, minVersion) => {
    const read = await new Promise<Read>((resolve, reject) =>
      readThing(gateway, entity, id, minVersion, resolve, reject),
    );
    return readOf(entity, id, read);
  },
  mayChange: (_, { entityId }) => entityId === id,
});

const readOf = (entity: Entity, id: string, read: Read): SourceRead => {
  const what = `Cannot read ${entity.name} "${id}"`;
  if (read.kind === 'unavailable') return { kind: 'problem', problem: unavailable(`${what}: ${read.why}`) };
  if (read.kind === 'notReached')
    return { kind: 'problem', problem: unavailable(`${what}: the log has version ${read.version} only`) };
  const about = { more: false, total: undefined, about: { asOf: undefined } };
  const row = { name: JSON.stringify(id), json: String(read.json), keys: [] };
  if (read.status === 'active') return { kind: 'shown', rows: [row], ...about };
  const deletedAt = read.status === 'deleted' ? new Date(read.changedAt) : undefined;
  const missing = read.status === 'deleted' ? gone(entity, id, read.version, deletedAt) : notFound(entity, id);
  return { kind: 'shown', rows: [], missing, ...about };
};
