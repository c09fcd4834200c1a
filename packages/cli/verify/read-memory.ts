import type { Entity, State } from '@muster/model';
import type { AggregatorClient } from '@muster/wire';
import { askUntil } from '../ask-aggregators.ts';

const pageSize = 10_000;
const pageMs = 15_000;

/**
 * All states of an entity that the replica has of a partition, by id, but for those with a value that the wire does not
 * carry; undefined when it does not answer, or has not got that partition.
 */
export const readMemory = async (
  replica: AggregatorClient,
  partition: number,
  entity: Entity,
): Promise<Map<string, State> | undefined> => {
  const states = new Map<string, State>();
  for (let after = ''; ; ) {
    const answer = await askUntil(
      replica,
      { kind: 'dump', partition, entity: entity.name, after, limit: pageSize },
      pageMs,
    );
    if (answer?.kind !== 'dumped') return undefined;
    for (const [id, state] of answer.states) if (state) states.set(id, state);
    const last = answer.states.at(-1);
    if (!last || answer.states.length < pageSize) return states;
    after = last[0];
  }
};
