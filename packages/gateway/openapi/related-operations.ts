import type { EngineProblemName, Entity, Reference } from '@muster/model';
import type { Part } from './headers.ts';
import type { Operation } from './operation.ts';

const ofThing = ['ETag', 'Muster-Source', 'Muster-Lag-Ms'];
const problems: readonly EngineProblemName[] = [
  ...(['invalid-input', 'not-found', 'deleted', 'other-version', 'no-such-version'] as const),
];

/** Returns the operations of the things that an entity's references name, and of the relationships to them. */
export const relatedOperations = (entity: Entity): Operation[] =>
  [...entity.references.values()].flatMap((reference) => [
    readRelated(entity, reference),
    readRelationship(entity, reference),
  ]);

const common = (entity: Entity) => ({ tag: entity.name, entity, problems, method: 'get' }) as const;

const readRelated = (entity: Entity, { name, entity: other }: Reference): Operation => ({
  ...{ ...common(entity), id: `${entity.name}.related.${name}`, path: `${entity.path}/{id}/${name}` },
  summary: `The ${name} of one ${entity.name}, or null`,
  parameters: ['id', 'If-Match', 'If-None-Match', 'Muster-Min-Version'],
  answers: [
    {
      ...{ status: 200, description: `The ${name}.`, content: json({ $ref: `#/components/schemas/${other}` }) },
      sometimes: [...ofThing, 'Muster-Parked'],
    },
    { status: 304, description: 'The thing still has the version in If-None-Match.', always: ofThing },
  ],
});

const readRelationship = (entity: Entity, { name }: Reference): Operation => ({
  ...{ ...common(entity), id: `${entity.name}.relationships.${name}` },
  path: `${entity.path}/{id}/relationships/${name}`,
  summary: `The type and the id of the ${name} of one ${entity.name}, or null`,
  parameters: ['id'],
  answers: [{ status: 200, description: 'The type and the id.', always: ofThing, content: json(identifier) }],
});

const json = (schema: Part) => ({ 'application/json': schema });

const identifier = {
  ...{ type: ['object', 'null'], required: ['type', 'id'] },
  properties: { type: { type: 'string' }, id: { type: 'string' } },
};
