import { liveMembers, type Member, noRoster, type Roster, ringOf, serversOf, takeRoster } from '@muster/placement';
import {
  type AggregatorClient,
  type AggregatorClientOptions,
  closeAggregatorClient,
  isAnswering,
  openAggregatorClient,
} from '@muster/wire';

/** The aggregators that this gateway knows and the connections to them. A plain value, changed in this file only. */
export type Members = {
  wire: Wire;
  roster: Roster;
  byName: Map<string, { incarnation: string; replica: AggregatorClient }>;
  // the replicas that serve it, in the order of requests: owner, standby, leaving ones
  byPartition: AggregatorClient[][];
  turn: number; // rotates which aggregator is asked first for counts and lists
};

/** What every connection to an aggregator needs. */
export type Wire = Pick<AggregatorClientOptions, 'database' | 'secret' | 'sender' | 'onProblem'>;

export const openMembers = (wire: Wire): Members => ({
  wire,
  roster: noRoster,
  byName: new Map(),
  byPartition: [],
  turn: 0,
});

/**
 * Takes over the list of aggregators from the database. `asked` is the time of the question, on the monotonic clock and
 * on the database's clock, in milliseconds. Opens connections to new aggregators. Closes connections to those that are
 * gone or have another address. An aggregator with an expired lease is not asked, but its connection stays open.
 */
export const takeMembers = (
  members: Members,
  listed: readonly Member[],
  asked: { at: number; databaseNow: number },
  settings: { LEASE_MS: number; PARTITIONS: number },
): void => {
  members.roster = takeRoster(members.roster, listed, asked.databaseNow, asked.at, settings.LEASE_MS);
  const byName = new Map(listed.filter(({ address }) => address).map((member) => [member.name, member]));
  for (const [name, { incarnation, replica }] of members.byName) {
    const member = byName.get(name);
    if (member && member.incarnation === incarnation && member.address === replica.address) continue;
    closeAggregatorClient(replica);
    members.byName.delete(name);
  }
  for (const [name, { incarnation, address }] of byName) {
    if (!members.byName.has(name))
      members.byName.set(name, {
        incarnation,
        replica: openAggregatorClient({ ...members.wire, name, address, incarnation }),
      });
  }
  members.byPartition = byPartition(members, settings);
};

/** Returns the replicas of a partition that answer now, at most two, in the order of requests. */
export const answeringFor = ({ byPartition }: Members, partition: number): AggregatorClient[] =>
  (byPartition[partition] ?? []).filter(isAnswering).slice(0, askedMax);

/** Whether each partition has an aggregator that serves it. */
export const isCovered = ({ byPartition }: Members): boolean =>
  byPartition.length > 0 && byPartition.every((replicas) => replicas.length > 0);

const askedMax = 2;

/** Closes all connections. */
export const closeMembers = (members: Members): void => {
  for (const { replica } of members.byName.values()) closeAggregatorClient(replica);
  members.byName.clear();
  members.byPartition = [];
};

const byPartition = (
  { byName, roster }: Members,
  { LEASE_MS, PARTITIONS }: { LEASE_MS: number; PARTITIONS: number },
): AggregatorClient[][] => {
  const live = liveMembers(roster, LEASE_MS);
  const ring = ringOf(live);
  const replicasOf = (partition: number) =>
    serversOf(live, ring, partition).flatMap((name) => byName.get(name)?.replica ?? []);
  return Array.from({ length: PARTITIONS }, (_, partition) => replicasOf(partition));
};
