import type { State } from '@muster/model';
import type { Member } from '@muster/placement';
import { openLog } from '@muster/store';
import { note, until } from '@muster/testing';
import {
  type AggregatorClient,
  isAnswering,
  type ReadReply,
  type ReadRequest,
  readStateThen,
  readThen,
  type StateReply,
} from '@muster/wire';
import { expect } from 'chai';
import { askReplicas, type Held } from './ask-replicas.ts';
import type { Gateway } from './gateway.ts';
import { closeMembers, takeMembers } from './members.ts';
import { openTestGateway } from './test-gateway.ts';
import { openTestReplica, type TestReplica } from './test-replica.ts';

type Answering = (request: ReadRequest) => StateReply | Promise<StateReply>;

const state = (version: number): State => ({ status: 'absent', version });
const has =
  (version: number, behind = false): Answering =>
  () => ({ kind: 'state', state: state(version), lagMs: 1, behind, parked: false });
const silent: Answering = () => new Promise(() => undefined);
const notYet: Answering = () => ({ kind: 'notYet' });

/**
 * Reads from an owner and an optional standby that answer in these ways. Returns the result and the requests that each
 * received.
 */
const ask = (deadlineMs: number, ...answering: Answering[]) => askBeside([], deadlineMs, ...answering);

/** The same, just after a request to each of the replicas with these numbers. */
const askBeside = async (beside: readonly number[], deadlineMs: number, ...answering: Answering[]) => {
  await using log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'muster', appName: 'test' }); // never connects
  const gateway = openTestGateway(log, [note], { PARTITIONS: '1', REPLICA_DEADLINE_MS: String(deadlineMs) });
  const asked: { replica: number; waitMs: number }[] = [];
  const replicas = await Promise.all(
    answering.map((answer, index) =>
      openTestReplica(`aggregator-${index}`, {
        readState: (request) => {
          if (request.id === 'beside') return answer(request);
          asked.push({ replica: index, waitMs: request.waitMs });
          return answer(request);
        },
        read: () => ({ kind: 'notHere' }),
      }),
    ),
  );
  await serveBy(gateway, replicas);
  for (const index of beside) {
    const { replica } = gateway.members.byName.get(`aggregator-${index}`) as { replica: AggregatorClient };
    readStateThen(replica, { entity: 'note', id: 'beside', minVersion: 0, waitMs: 0 }, deadlineMs, () => undefined);
  }
  const startedAt = performance.now();
  const held = await new Promise<Held<StateReply> | undefined>((resolve) =>
    askReplicas(gateway, note, 'a', 3, readStateThen, resolve),
  );
  const ms = performance.now() - startedAt;
  closeMembers(gateway.members);
  await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  return { from: held?.source, version: held?.reply.state.version, asked, ms };
};

// leaving aggregators are asked in the order of their names
const serveBy = async (gateway: Gateway, replicas: readonly TestReplica[]) => {
  const listed = replicas.map(
    ({ name, address, incarnation }): Member => ({
      ...{ name, address, incarnation, state: 'leaving', partitions: [0], warming: [], heartbeatAt: 0, steadySince: 0 },
    }),
  );
  takeMembers(gateway.members, listed, { at: 0, databaseNow: 0 }, gateway.settings);
  const connected = () => [...gateway.members.byName.values()].every(({ replica }) => isAnswering(replica));
  await until('all are connected', connected);
};

describe('A gateway asks for a thing', () => {
  it('from no replica when no replica serves it', async () => {
    expect(await ask(1_000)).to.include({ from: undefined });
  });

  it('from its owner only, when the owner answers', async () => {
    const { from, version, asked } = await ask(1_000, has(3), has(4));
    expect([from, version, asked.length]).to.deep.equal(['aggregator-0', 3, 1]);
    expect(asked[0]?.waitMs).to.equal(585); // 60 % of the deadline, minus the margin for the reply
  });

  it('from its standby first, when others are about to ask the standby, but not the owner', async () => {
    expect((await askBeside([1], 1_000, has(3), has(4))).from).to.equal('aggregator-1');
    expect((await askBeside([0, 1], 1_000, has(3), has(4))).from).to.equal('aggregator-0');
    expect((await askBeside([1], 1_000, has(3), notYet)).from).to.equal('aggregator-0');
  });

  it('from its standby when the owner does not answer, within the deadline for both', async () => {
    const { from, version, asked, ms } = await ask(300, silent, has(4));
    expect([from, version, asked.length]).to.deep.equal(['aggregator-1', 4, 2]);
    expect(ms).to.be.within(170, 10_000);
    expect(asked[1]?.waitMs).to.be.within(1, 105);
  });

  it('from its standby when the owner does not reach the version', async () => {
    expect(await ask(1_000, notYet, has(4))).to.include({ from: 'aggregator-1', version: 4 });
  });

  it('from its standby when the owner is behind the log and the standby is not', async () => {
    expect(await ask(1_000, has(3, true), has(4))).to.include({ from: 'aggregator-1', version: 4 });
  });

  it('from its standby too when the owner is behind, but uses the owner if the standby is no better', async () => {
    expect(await ask(1_000, has(3, true), has(4, true))).to.include({ from: 'aggregator-0', version: 3 });
    expect(await ask(300, has(3, true), silent)).to.include({ from: 'aggregator-0', version: 3 });
  });

  it('from a standby that is behind the log when the owner does not answer', async () => {
    expect(await ask(1_000, notYet, has(4, true))).to.include({ from: 'aggregator-1', version: 4 });
  });

  it('without a result when neither answers, within the deadline for both', async () => {
    const { from, ms } = await ask(200, silent, silent);
    expect(from).to.equal(undefined);
    expect(ms).to.be.within(190, 1_500);
  });

  it('in the form that clients see, not only as a state', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'muster', appName: 'test' });
    const gateway = openTestGateway(log, [note], { PARTITIONS: '1', REPLICA_DEADLINE_MS: '1000' });
    const about = { lagMs: 1, behind: false, parked: false, createdAt: 0, changedAt: 0 };
    await using replica = await openTestReplica('aggregator-0', {
      read: () => ({ kind: 'state', status: 'active', version: 7, json: '{"id":"a"}', ...about }),
    });
    await serveBy(gateway, [replica]);
    const held = await new Promise<Held<ReadReply<Buffer>> | undefined>((resolve) =>
      askReplicas(gateway, note, 'a', 0, readThen, resolve),
    );
    expect(String(held?.reply.json)).to.equal('{"id":"a"}');
    closeMembers(gateway.members);
  });
});
