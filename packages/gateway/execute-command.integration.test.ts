import { type FaultProxy, openFaultProxy, setFault } from '@muster/chaos';
import type { Command, EngineRefusal, Fields, State } from '@muster/model';
import type { Member } from '@muster/placement';
import { append, type Log, openAppendQueue, openLog, prepareDatabase, type StoredEvent } from '@muster/store';
import {
  at,
  commandOf,
  note,
  openLogOn,
  openTestDatabase,
  storedEvents,
  storedNote,
  type TestDatabase,
  until,
} from '@muster/testing';
import { isAnswering } from '@muster/wire';
import { expect } from 'chai';
import { executeCommand } from './execute-command.ts';
import { type Gateway, partitionFor } from './gateway.ts';
import { closeMembers, takeMembers } from './members.ts';
import type { Outcome } from './outcome.ts';
import { openTestGateway } from './test-gateway.ts';
import { openTestReplica } from './test-replica.ts';

const fields: Fields = { text: 'one', stars: 1 };
const create = commandOf('create', fields);
const setStars = (stars: number, ifVersion?: number): Command => commandOf('update', { stars }, ifVersion);

const stateAt = (version: number, stars: number): State => ({
  ...{ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) },
});

const execute = (gateway: Gateway, id: string, command: Command, deadlineMs = 10_000): Promise<Outcome> =>
  executeCommand(gateway, {
    ...{
      entity: note,
      id,
      command,
      requestId: 'test',
      actor: '',
      trace: '',
      deadlineAt: performance.now() + deadlineMs,
    },
  });

const refusedWith = (reason: EngineRefusal) => ({ kind: 'refused', refusal: { kind: 'refused', reason } });

const starsOf = (outcome: Outcome) =>
  outcome.kind === 'done' && outcome.state.status === 'active'
    ? [outcome.state.version, outcome.state.fields.stars]
    : outcome;

const appendsOf = async (gateway: Gateway, outcome: string): Promise<number> => {
  const { values } = await gateway.metrics.appends.get();
  return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
};

describe('A command', () => {
  let database: TestDatabase;
  let log: Log;
  let gateway: Gateway;
  let nextId = 0;
  let id: string;
  before(async () => {
    database = await openTestDatabase();
    log = await openLogOn(database);
  });
  after(async () => {
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    gateway = openTestGateway(log, [note]);
    nextId += 1;
    id = `note-${nextId}`;
  });
  afterEach(() => closeMembers(gateway.members));

  const versionsOf = async (ofId = id) => (await storedEvents(log, ofId)).map(({ version }) => version);
  const event = (
    version: number,
    type: 'NoteCreated' | 'NoteUpdated' | 'NoteDeleted',
    data: Fields,
    more: Partial<StoredEvent> = {},
  ) => storedNote({ type, version, data }, { entityId: id, partition: partitionFor(gateway, note, id), ...more });

  /** Writes the events of other writers to the stream: one note, with these stars at its versions. */
  const others = async (...stars: number[]) => {
    for (const [index, count] of stars.entries())
      await write(
        index === 0
          ? event(1, 'NoteCreated', { ...fields, stars: count })
          : event(index + 1, 'NoteUpdated', { stars: count }),
      );
  };
  const write = async (stored: StoredEvent) =>
    expect(await append(log, openAppendQueue(), stored, 10_000)).to.deep.equal({ kind: 'appended' });

  /** Opens an owner of all partitions that has this state in memory, whatever the log has. */
  const openOwner = async (state: State) => {
    const asked: string[] = [];
    const replica = await openTestReplica('aggregator-0', {
      readState: (request) => {
        asked.push(request.id);
        return { kind: 'state', state, lagMs: 1, behind: false, parked: false };
      },
      read: () => ({ kind: 'notHere' }),
    });
    const { name, address, incarnation } = replica;
    const member: Member = {
      ...{
        name,
        address,
        incarnation,
        state: 'serving',
        partitions: [0, 1, 2, 3],
        warming: [],
        heartbeatAt: 0,
        steadySince: 0,
      },
    };
    takeMembers(gateway.members, [member], { at: 0, databaseNow: 0 }, gateway.settings);
    const client = gateway.members.byName.get(name)?.replica;
    await until('the owner is connected', () => client && isAnswering(client));
    return { ...replica, asked };
  };

  it('is appended as one event, with the next version, its partition and the id of its request', async () => {
    const created = await execute(gateway, id, create);
    const updated = await execute(gateway, id, setStars(2));
    expect([starsOf(created), starsOf(updated)]).to.deep.equal([
      [1, 1],
      [2, 2],
    ]);
    const stored = await storedEvents(log, id);
    expect(stored.map(({ type, data, version }) => [version, type, data])).to.deep.equal([
      [1, 'NoteCreated', fields],
      [2, 'NoteUpdated', { stars: 2 }],
    ]);
    for (const one of stored)
      expect(one).to.deep.include({ partition: partitionFor(gateway, note, id), meta: { requestId: 'test' } });
    expect(stored[1]?.at.getTime()).to.be.at.least(Number(stored[0]?.at.getTime()));
  });

  it('that creates an id that exists or existed is refused with its state', async () => {
    await others(1, 7);
    const exists = await execute(gateway, id, create);
    expect(exists).to.deep.include(refusedWith('Exists'));
    expect(exists.kind === 'refused' && exists.state.version).to.equal(2);
    await write(event(3, 'NoteDeleted', {}));
    expect(await execute(gateway, id, create)).to.deep.include(refusedWith('Exists'));
    expect(await versionsOf()).to.deep.equal([1, 2, 3]);
  });

  it('on a thing that never existed or is deleted is refused', async () => {
    expect(await execute(gateway, id, setStars(2))).to.deep.include(refusedWith('NotFound'));
    await others(1);
    expect((await execute(gateway, id, commandOf('delete'))).kind).to.equal('done');
    expect(await execute(gateway, id, setStars(2))).to.deep.include(refusedWith('Deleted'));
    expect(await versionsOf()).to.deep.equal([1, 2]);
  });

  it('is decided again when the memory of the owner is older than the log', async () => {
    await others(1, 7);
    await using _owner = await openOwner(stateAt(1, 1));
    expect(starsOf(await execute(gateway, id, commandOf('update', { text: 'two' })))).to.deep.equal([3, 7]);
    expect(await versionsOf()).to.deep.equal([1, 2, 3]);
    expect(await appendsOf(gateway, 'conflict')).to.equal(1);
  });

  it('is decided again after each conflict: no version is lost or doubled', async () => {
    await others(1);
    const gateways = Array.from({ length: 6 }, () => openTestGateway(log, [note]));
    const updates = gateways.map(async (one, index) => {
      for (let n = 0; n < 5; n += 1)
        expect(starsOf(await execute(one, id, setStars(100 * index + n + 2)))).to.include(100 * index + n + 2);
    });
    await Promise.all(updates);
    expect(await versionsOf()).to.deep.equal(Array.from({ length: 31 }, (_, index) => index + 1));
    const conflicts = await Promise.all(gateways.map((one) => appendsOf(one, 'conflict')));
    expect(conflicts.reduce((sum, count) => sum + count, 0)).to.be.above(0);
  });

  it('behind another one on its stream is decided on its result, without a request or a conflict', async () => {
    await others(1);
    await using owner = await openOwner(stateAt(1, 1));
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => execute(gateway, id, setStars(n + 2))));
    expect(outcomes.map(starsOf)).to.deep.equal(Array.from({ length: 20 }, (_, n) => [n + 2, n + 2]));
    expect(owner.asked).to.deep.equal([id]);
    expect(await appendsOf(gateway, 'conflict')).to.equal(0);
    await until('no turn is left', () => gateway.turns.size === 0);
  });

  it('that creates what the owner knows to exist is refused without a write', async () => {
    await others(1, 7);
    await using owner = await openOwner(stateAt(2, 7));
    expect(await execute(gateway, id, create)).to.deep.include(refusedWith('Exists'));
    expect([owner.asked, gateway.queue.batches]).to.deep.equal([[id], 0]);
  });

  it('on a hot stream shares its batch with those that wait, in the order of their arrival', async () => {
    await others(1);
    const before = gateway.queue.batches;
    const stars = Array.from({ length: 300 }, (_, n) => n + 2);
    const outcomes = await Promise.all(stars.map((one) => execute(gateway, id, setStars(one))));
    expect(outcomes.map(starsOf)).to.deep.equal(stars.map((one) => [one, one]));
    expect(gateway.queue.batches - before).to.equal(4); // the first alone, then up to 100 at a time
  });

  it('that changes nothing in memory is decided on the log', async () => {
    await others(1, 7);
    await using _owner = await openOwner(stateAt(1, 1));
    expect(starsOf(await execute(gateway, id, setStars(1)))).to.deep.equal([3, 1]);
    expect(await versionsOf()).to.deep.equal([1, 2, 3]);
  });

  it('that changes nothing appends nothing, and answers with the version of the log', async () => {
    await others(1, 7);
    await using _owner = await openOwner(stateAt(2, 7));
    expect(starsOf(await execute(gateway, id, setStars(7)))).to.deep.equal([2, 7]);
    expect(await versionsOf()).to.deep.equal([1, 2]);
  });

  it('that is not allowed in memory is decided on the log', async () => {
    await others(1, 7);
    await using _owner = await openOwner({ status: 'absent', version: 0 });
    expect(starsOf(await execute(gateway, id, setStars(8, 2)))).to.deep.equal([3, 8]);
    expect(await execute(gateway, id, setStars(9, 2))).to.deep.include(refusedWith('OtherVersion'));
  });

  it('is not first decided on memory that is older than this gateway returned', async () => {
    await execute(gateway, id, create);
    await execute(gateway, id, setStars(2));
    await using _owner = await openOwner(stateAt(1, 1));
    expect(starsOf(await execute(gateway, id, setStars(3)))).to.deep.equal([3, 3]);
    expect(await appendsOf(gateway, 'conflict')).to.equal(0);
  });

  it('on a stream with an event that cannot be understood appends nothing', async () => {
    await others(1);
    await write(event(2, 'NoteUpdated', {}, { type: 'NoteShredded' }));
    expect(await execute(gateway, id, setStars(2))).to.deep.include({ kind: 'parked' });
    expect(await versionsOf()).to.deep.equal([1, 2]);
  });

  it('on a stream with a full queue is not written and is answered at once', async () => {
    gateway = openTestGateway(log, [note], { STREAM_QUEUE_MAX: '2' });
    const commands = [create, setStars(2), setStars(3), setStars(4)]; // the first runs, two wait
    const outcomes = await Promise.all(commands.map((one) => execute(gateway, id, one)));
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['done', 'done', 'done', 'unavailable']);
    expect(outcomes[3]).to.deep.include({
      ...{ written: 'notWritten', why: `2 requests for note "${id}" wait already`, version: undefined },
    });
    expect(await versionsOf()).to.deep.equal([1, 2, 3]);
  });

  it('is refused at once during a known outage of the database, and nothing is sent', async () => {
    gateway.database.reachable = false;
    const outcome = await execute(gateway, id, create);
    expect(outcome).to.deep.include({ written: 'notWritten', why: 'the database does not answer' });
    expect(await versionsOf()).to.deep.equal([]);
  });

  describe('at its deadline', () => {
    let proxy: FaultProxy;
    let far: Log;
    beforeEach(async () => {
      const { hostname, port } = new URL(database.uri);
      proxy = await openFaultProxy({ host: hostname, port: Number(port) });
      const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
      far = openLog({ uri, database: database.database, appName: 'test' });
      gateway = openTestGateway(far, [note], { APPEND_LANES: '1' });
      expect((await execute(gateway, `${id}-first`, create)).kind).to.equal('done'); // the connections are open
    });
    afterEach(async () => {
      await setFault(proxy, {});
      await far[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    });

    const outcomeOf = (outcome: Outcome) =>
      outcome.kind === 'unavailable' ? [outcome.written, outcome.version] : outcome;

    it('after it was sent is unknown, with the version that it may have', async () => {
      await setFault(proxy, { blackHole: 'down' });
      const startedAt = performance.now();
      expect(outcomeOf(await execute(gateway, id, create, 300))).to.deep.equal(['unknown', 1]);
      expect(performance.now() - startedAt).to.be.within(290, 2_000);
      await until('it is in the log all the same', async () => (await versionsOf()).length === 1);
      await setFault(proxy, {});
      expect(starsOf(await execute(gateway, id, setStars(2)))).to.deep.equal([2, 2]);
      expect(await versionsOf()).to.deep.equal([1, 2]);
    });

    it('before it was sent is not written, then or later', async () => {
      await setFault(proxy, { blackHole: 'both' });
      const sent = execute(gateway, `${id}-sent`, create, 600);
      const waiting = execute(gateway, id, create, 300);
      expect(outcomeOf(await waiting)).to.deep.equal(['notWritten', undefined]);
      expect(outcomeOf(await sent)).to.deep.equal(['unknown', 1]);
      await setFault(proxy, {});
      // the sent event arrives, and the queue continues without the expired one
      expect((await execute(gateway, `${id}-later`, create)).kind).to.equal('done');
      await until('what was sent is in the log', async () => (await versionsOf(`${id}-sent`)).length === 1);
      expect(await versionsOf()).to.deep.equal([]);
      expect(starsOf(await execute(gateway, id, create))).to.deep.equal([1, 1]);
    });

    it('before the proof that the log is still the same is not written', async () => {
      await others(1);
      await using _owner = await openOwner(stateAt(1, 1));
      const { logger } = gateway;
      const kept = { log: far, entities: [note], shape: { partitions: 4, hash: 'test' }, logger };
      await prepareDatabase(kept, new AbortController().signal); // after this, the next append needs a new proof
      await setFault(proxy, { blackHole: 'down' });
      expect(outcomeOf(await execute(gateway, id, setStars(2), 300))).to.deep.equal(['notWritten', undefined]);
      await setFault(proxy, {});
      expect(starsOf(await execute(gateway, id, setStars(3)))).to.deep.equal([2, 3]);
    });

    it('while it waits for its turn is not written, whatever happens to the previous one', async () => {
      await setFault(proxy, { blackHole: 'down' });
      const former = execute(gateway, id, create, 600);
      const waiting = execute(gateway, id, setStars(2), 300);
      expect(outcomeOf(await former)).to.deep.equal(['unknown', 1]);
      expect(await waiting).to.deep.include({
        ...{ written: 'notWritten', why: 'its turn came only after its deadline', version: undefined },
      });
      await setFault(proxy, {});
      expect(starsOf(await execute(gateway, id, setStars(3)))).to.deep.equal([2, 3]);
      expect((await storedEvents(log, id)).map(({ data }) => data)).to.deep.equal([fields, { stars: 3 }]);
    });

    it('while it reads the log is not written', async () => {
      await others(1);
      await setFault(proxy, { blackHole: 'both' });
      const startedAt = performance.now();
      expect(outcomeOf(await execute(gateway, id, setStars(2), 300))).to.deep.equal(['notWritten', undefined]);
      expect(performance.now() - startedAt).to.be.within(290, 2_000);
      await setFault(proxy, {});
      expect(starsOf(await execute(gateway, id, setStars(3)))).to.deep.equal([2, 3]);
    });

    it('leaves no turn and no append in the queue', async () => {
      await setFault(proxy, { blackHole: 'both' });
      const commands = [create, setStars(2), setStars(3)].map((one, n) => execute(gateway, id, one, 200 + 50 * n));
      await Promise.all([...commands, execute(gateway, `${id}-other`, create, 200)]);
      await until('no turn is left', () => gateway.turns.size === 0);
      await setFault(proxy, {});
      await until('the queue is empty', () => gateway.queue.waiting.length === 0 && gateway.queue.inFlight === 0);
      expect((await execute(gateway, `${id}-new`, create)).kind).to.equal('done');
    });
  });
});
