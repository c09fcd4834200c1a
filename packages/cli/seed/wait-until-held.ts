import type { Entity } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { AggregatorClient, MinVersion } from '@muster/wire';
import { type Aggregators, askUntil } from '../ask-aggregators.ts';
import { makeThing } from './make-thing.ts';

const usersAtOnce = 2_000;
const waitMs = 5_000;
const tries = 12;

/**
 * Waits until the aggregators that answer have all these users in memory. Returns false after about 1 min without
 * progress.
 */
export const waitUntilHeld = async (
  { replicas, byPartition }: Aggregators,
  entity: Entity,
  partitions: number,
  seed: number,
  users: number,
): Promise<boolean> => {
  for (let from = 0; from < users; from += usersAtOnce) {
    const minVersions = minVersionsOf(entity, seed, from, Math.min(users, from + usersAtOnce));
    const ownOf = (replica: AggregatorClient) =>
      minVersions.filter(([name, id]) => byPartition.get(partitionOf(name, id, partitions))?.includes(replica));
    const held = await Promise.all(replicas.map((replica) => isHeld(replica, ownOf(replica))));
    if (!held.every(Boolean)) return false;
  }
  return true;
};

const minVersionsOf = (entity: Entity, seed: number, from: number, to: number): MinVersion[] =>
  Array.from({ length: to - from }, (_, offset) => [entity.name, makeThing(entity, seed, from + offset).id, 1]);

const isHeld = async (replica: AggregatorClient, minVersions: MinVersion[]): Promise<boolean> => {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const answer = await askUntil(replica, { kind: 'count', partitions: [], minVersions, waitMs }, waitMs + 2_000);
    if (answer?.kind === 'counted') return true;
  }
  return false;
};
