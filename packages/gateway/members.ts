import { closeHolder, type Holder, type HolderOptions, openHolder } from '@muster/cluster';
import type { AggregatorDocument } from '@muster/log';

/** The aggregators that this gateway knows and the connections to them. A plain value, changed in this file only. */
export type Members = {
  wire: Wire;
  byName: Map<string, Member>;
  byPartition: (Holder | undefined)[];
};

/** What every connection to an aggregator needs. */
export type Wire = Pick<HolderOptions, 'database' | 'secret' | 'onProblem'>;

type Member = { incarnation: string; partitions: number[]; heartbeatAt: Date; holder: Holder };

export const openMembers = (wire: Wire): Members => ({ wire, byName: new Map(), byPartition: [] });

/** Takes over the list of aggregators as it stands in the database: opens connections to new ones, closes those to gone or moved ones. */
export const takeMembers = (members: Members, documents: readonly AggregatorDocument[]): void => {
  const listed = new Map(documents.filter(({ address }) => address).map((document) => [document._id, document]));
  for (const [name, member] of members.byName) {
    const document = listed.get(name);
    if (document && document.incarnation === member.incarnation && document.address === member.holder.address) continue;
    closeHolder(member.holder);
    members.byName.delete(name);
  }
  for (const [name, { incarnation, partitions, heartbeatAt, address }] of listed) {
    const holder = members.byName.get(name)?.holder ?? openHolder({ ...members.wire, name, address, incarnation });
    members.byName.set(name, { incarnation, partitions, heartbeatAt, holder });
  }
  members.byPartition = byPartition(members);
};

/** Closes all connections. */
export const closeMembers = (members: Members): void => {
  for (const { holder } of members.byName.values()) closeHolder(holder);
  members.byName.clear();
  members.byPartition = [];
};

// where two say that they hold a partition, the one with the later heartbeat
const byPartition = ({ byName }: Members): (Holder | undefined)[] => {
  const holders: (Holder | undefined)[] = [];
  const earliestFirst = [...byName.values()].sort((a, b) => a.heartbeatAt.getTime() - b.heartbeatAt.getTime());
  for (const { holder, partitions } of earliestFirst) for (const partition of partitions) holders[partition] = holder;
  return holders;
};
