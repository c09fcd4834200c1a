import { coverOf, type Member, ringFrom } from '@muster/placement';
import { until } from '@muster/testing';
import { isAnswering } from '@muster/wire';
import { expect } from 'chai';
import { answeringFor, closeMembers, isCovered, type Members, openMembers, takeMembers } from './members.ts';
import { openTestReplica, type TestReplica, testWire } from './test-replica.ts';

const settings = { LEASE_MS: 3_000, PARTITIONS: 16 };
const all = Array.from({ length: settings.PARTITIONS }, (_, partition) => partition);
const names = ['aggregator-0', 'aggregator-1', 'aggregator-2', 'aggregator-3'];

/** The replicas of a partition according to the ring: the owner, then the standby. */
const twoFor = (partition: number) => ringFrom(names, partition).slice(0, 2);

/** The names of the aggregators that are asked for a partition, in order. */
const askedFor = (members: Members, partition: number) => answeringFor(members, partition).map(({ name }) => name);

describe('The aggregators that a gateway knows', () => {
  let replicas: TestReplica[];
  let members: Members;
  const clock = { at: 0 };

  const memberOf = (replica: TestReplica, more: Partial<Member> = {}): Member => ({
    ...{ name: replica.name, incarnation: replica.incarnation, address: replica.address, state: 'serving' },
    partitions: all.filter((partition) => twoFor(partition).includes(replica.name)),
    ...{ warming: [], heartbeatAt: clock.at, steadySince: 0 },
    ...more,
  });
  /** Takes over this list of aggregators, one second after the previous one. */
  const look = (listed: readonly Member[]) => {
    clock.at += 1_000;
    takeMembers(members, listed, { at: clock.at, databaseNow: clock.at }, settings);
  };
  const untilAnswering = () =>
    until('all are connected', () => [...members.byName.values()].every(({ replica }) => isAnswering(replica)));

  beforeEach(async () => {
    replicas = await Promise.all(names.map((name) => openTestReplica(name)));
    members = openMembers(testWire);
  });
  afterEach(async () => {
    closeMembers(members);
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  });

  it('are none at first: no aggregator is asked, and no partition is covered', () => {
    expect(answeringFor(members, 0)).to.deep.equal([]);
    expect(isCovered(members)).to.equal(false);
  });

  it('are asked for a partition in the order owner, standby', async () => {
    look(replicas.map((replica) => memberOf(replica)));
    await untilAnswering();
    for (const partition of all) expect(askedFor(members, partition)).to.deep.equal(twoFor(partition));
    expect(isCovered(members)).to.equal(true);
  });

  it('are asked after they are connected, but not while they do not answer', async () => {
    look(replicas.map((replica) => memberOf(replica)));
    expect(askedFor(members, 0)).to.deep.equal([]); // no connection is ready yet
    await untilAnswering();
    const [owner, standby] = twoFor(0);
    const client = members.byName.get(owner ?? '')?.replica;
    if (client) client.suspect = true;
    expect(askedFor(members, 0)).to.deep.equal([standby]);
  });

  it('are at most two for one partition, the leaving ones last', async () => {
    const serveAll = { partitions: all };
    look(replicas.map((replica) => memberOf(replica, serveAll)));
    await untilAnswering();
    for (const partition of all) expect(askedFor(members, partition)).to.deep.equal(twoFor(partition));
    const leaving = twoFor(0)[0];
    look(
      replicas.map((replica) =>
        memberOf(replica, { ...serveAll, ...(replica.name === leaving ? { state: 'leaving' } : {}) }),
      ),
    );
    expect(members.byPartition[0]?.at(-1)?.name).to.equal(leaving);
    expect(askedFor(members, 0)).not.to.contain(leaving);
  });

  it('do not cover all while no aggregator serves some partition', () => {
    look(replicas.map((replica) => memberOf(replica, { partitions: all.slice(1) })));
    expect(isCovered(members)).to.equal(false);
  });

  it('are not asked after their lease expires, but stay connected', async () => {
    const expired = replicas[0] as TestReplica;
    const steady = () => replicas.map((replica) => memberOf(replica, replica === expired ? { heartbeatAt: 0 } : {}));
    look(steady());
    await untilAnswering();
    const client = members.byName.get(expired.name)?.replica;
    // during the first lease after the start, every aggregator counts as alive
    for (let looks = 0; looks < 8; looks += 1) look(steady());
    for (const partition of all) expect(askedFor(members, partition)).not.to.contain(expired.name);
    expect(members.byName.get(expired.name)?.replica).to.equal(client);
    expect(client && isAnswering(client)).to.equal(true);
    look(replicas.map((replica) => memberOf(replica)));
    expect(all.some((partition) => askedFor(members, partition).includes(expired.name))).to.equal(true);
  });

  it('are reconnected after a restart or a move, and disconnected when they leave', async () => {
    look(replicas.map((replica) => memberOf(replica)));
    await untilAnswering();
    const clientOf = (name: string) => members.byName.get(name)?.replica;
    const before = names.map(clientOf);
    const [restarted, moved, , gone] = replicas as [TestReplica, TestReplica, TestReplica, TestReplica];
    await using elsewhere = await openTestReplica(moved.name);
    look([
      ...replicas
        .filter((replica) => replica !== gone && replica !== moved)
        .map((replica) => memberOf(replica, replica === restarted ? { incarnation: 'a2' } : {})),
      memberOf(elsewhere),
    ]);
    expect(before.map((client) => client?.closed)).to.deep.equal([true, true, false, true]);
    expect(names.map((name) => clientOf(name) === undefined)).to.deep.equal([false, false, false, true]);
    expect([clientOf(restarted.name)?.expected.incarnation, clientOf(moved.name)?.address]).to.deep.equal([
      ...['a2', elsewhere.address],
    ]);
    expect(clientOf('aggregator-2')).to.equal(before[2]);
  });

  it('are not connected before they have an address', () => {
    look([memberOf(replicas[0] as TestReplica, { address: '', state: 'restoring', partitions: [] })]);
    expect(members.byName.size).to.equal(0);
  });

  it('cover all partitions without asking every one, and take turns', async () => {
    look(replicas.map((replica) => memberOf(replica)));
    await untilAnswering();
    const replicasByPartition = all.map((partition) => answeringFor(members, partition));
    const asked = new Set<string>();
    for (let turn = 0; turn < names.length; turn += 1) {
      const cover = coverOf(replicasByPartition, turn);
      expect([...cover.values()].flat().sort((a, b) => a - b)).to.deep.equal(all);
      expect(cover.size).to.be.at.most(3);
      for (const [client, partitions] of cover) {
        asked.add(client.name);
        for (const partition of partitions) expect(replicasByPartition[partition]).to.include(client);
      }
    }
    expect(asked.size).to.equal(names.length);
  });

  it('are all disconnected when the members are closed', async () => {
    look(replicas.map((replica) => memberOf(replica)));
    await untilAnswering();
    const clients = [...members.byName.values()].map(({ replica }) => replica);
    closeMembers(members);
    expect(clients.every(({ closed }) => closed)).to.equal(true);
    expect(answeringFor(members, 0)).to.deep.equal([]);
  });
});
