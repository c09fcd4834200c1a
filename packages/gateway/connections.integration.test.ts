import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Log } from '@muster/store';
import { note, openTestLog, until } from '@muster/testing';
import { isAnswering, type ReadReply } from '@muster/wire';
import { expect } from 'chai';
import { type Connections, closeAllConnections, closeIdleConnections, takeConnections } from './connections.ts';
import { openFastRoad } from './fast-road.ts';
import type { Gateway } from './gateway.ts';
import { closeMembers, takeMembers } from './members.ts';
import { openTestGateway } from './test-gateway.ts';
import { openTestReplica } from './test-replica.ts';

const read = 'GET /api/note/one HTTP/1.1\r\nHost: muster\r\n\r\n';
const found: ReadReply = {
  ...{ kind: 'state', status: 'active', version: 1, json: '{"id":"one"}', createdAt: 0, changedAt: 0 },
  ...{ lagMs: 1, behind: false, parked: false },
};

describe('The connections that the gateway reads itself', () => {
  let log: Log;
  let gateway: Gateway;
  let server: Server;
  let connections: Connections;
  let replica: Awaited<ReturnType<typeof openTestReplica>>;
  let passedToNode: number;
  let waiting: (() => void)[]; // each answers one read
  const sockets: Socket[] = [];

  before(async () => {
    log = await openTestLog();
  });
  after(() => log[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    answerAll();
    closeAllConnections(connections);
    await new Promise((resolve) => server.close(resolve));
    closeMembers(gateway.members);
    await replica[Symbol.asyncDispose]();
  });

  /** Opens a server of the gateway, whose reads wait until the test answers them. */
  const openServer = async (timeouts: { keepAliveTimeout?: number; headersTimeout?: number } = {}) => {
    waiting = [];
    replica = await openTestReplica('aggregator-0', {
      read: ({ id }) => (id === 'one' ? new Promise((resolve) => waiting.push(() => resolve(found))) : found),
      readState: () => ({ kind: 'notHere' }),
    });
    gateway = openTestGateway(log, [note], { REPLICA_DEADLINE_MS: '5000' });
    const { name, address, incarnation } = replica;
    const own = { name, address, incarnation, state: 'serving' as const, partitions: [0, 1, 2, 3], warming: [] };
    const asked = { at: 0, databaseNow: 0 };
    takeMembers(gateway.members, [{ ...own, heartbeatAt: 0, steadySince: 0 }], asked, gateway.settings);
    const client = gateway.members.byName.get(name)?.replica;
    await until('the replica is connected', () => client && isAnswering(client));
    server = createServer(timeouts, (_, res) => res.end('from Node'));
    passedToNode = 0;
    const [takenByNode] = server.listeners('connection');
    server.removeAllListeners('connection').on('connection', (socket) => {
      passedToNode += 1;
      takenByNode?.call(server, socket);
    });
    connections = takeConnections(gateway, openFastRoad([note]), server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  };

  const openClient = async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    const client = { socket, text: '', isClosed: false };
    socket.on('data', (bytes) => {
      client.text += bytes.toString();
    });
    socket.on('error', () => undefined);
    for (const event of ['end', 'close'])
      socket.once(event, () => {
        client.isClosed = true;
      });
    await once(socket, 'connect');
    return client;
  };

  const isBusy = () => waiting.length > 0;
  const answerAll = () => {
    for (const answer of waiting.splice(0)) answer();
  };

  it('stay open after an answer', async () => {
    await openServer();
    const client = await openClient();
    for (const answers of [1, 2, 3]) {
      client.socket.write(read);
      await until('the read arrives', isBusy);
      answerAll();
      await until('it is answered', () => client.text.split('{"id":"one"}').length > answers);
    }
    expect(client.isClosed).to.equal(false);
    expect(client.text.match(/Connection: keep-alive/g)).to.have.length(3);
  });

  it('are closed when they send nothing for too long', async () => {
    await openServer({ keepAliveTimeout: 100, headersTimeout: 100 });
    const silent = await openClient();
    const quiet = await openClient();
    quiet.socket.write(read.replace('one', 'two'));
    await until('the read is answered', () => quiet.text !== '');
    await until('both are closed', () => silent.isClosed && quiet.isClosed);
  });

  it('are not closed while their request is at work', async () => {
    await openServer({ keepAliveTimeout: 100, headersTimeout: 100 });
    const busy = await openClient();
    busy.socket.write(read);
    await until('the read arrives', isBusy);
    const silent = await openClient();
    await until('the other one is closed', () => silent.isClosed);
    answerAll();
    await until('it is answered', () => busy.text.includes('{"id":"one"}'));
  });

  it('get the answer when the client only ends its side', async () => {
    await openServer();
    const client = await openClient();
    client.socket.end(read);
    await until('the read arrives', isBusy);
    answerAll();
    await until('it is closed', () => client.isClosed);
    expect(client.text).to.match(/^HTTP\/1\.1 200 OK.*Connection: close.*\{"id":"one"\}$/s);
  });

  it('give their place back when the client has gone', async () => {
    await openServer();
    const client = await openClient();
    client.socket.write(read);
    await until('the read arrives', isBusy);
    expect(gateway.requests).to.deep.include({ running: 1 });
    client.socket.resetAndDestroy();
    await until('the connection is gone', () => connections.open.size === 0);
    answerAll();
    await until('the place is free', () => gateway.requests.running === 0 && gateway.requests.inFlight.size === 0);
  });

  it('do not go to Node when the client has gone', async () => {
    await openServer();
    const client = await openClient();
    client.socket.write(read);
    await until('the read arrives', isBusy);
    client.socket.write(read); // waits for the first answer
    const [connection] = connections.open;
    await until('it waits', () => connection?.held !== undefined);
    client.socket.resetAndDestroy();
    await until('the connection is gone', () => connections.open.size === 0);
    answerAll();
    await until('the place is free', () => gateway.requests.running === 0);
    expect(passedToNode).to.equal(0);
  });

  it('tell the client to close when the gateway stops, and close without a request', async () => {
    await openServer();
    const [busy, idle] = [await openClient(), await openClient()];
    busy.socket.write(read);
    await until('the read arrives', isBusy);
    gateway.standing.stopping = true;
    await until('both are open', () => connections.open.size === 2);
    closeIdleConnections(connections);
    await until('the idle one is closed', () => idle.isClosed);
    answerAll();
    await until('the other one is closed', () => busy.isClosed);
    expect(busy.text).to.match(/^HTTP\/1\.1 200 OK.*Connection: close.*\{"id":"one"\}$/s);
  });

  it('go to Node with what is not answered yet, in order', async () => {
    await openServer();
    const client = await openClient();
    client.socket.write(read);
    await until('the read arrives', isBusy);
    client.socket.write('GET /other HTTP/1.1\r\nHost: mus');
    client.socket.write('ter\r\n\r\n');
    answerAll();
    await until('both are answered', () => /\{"id":"one"\}HTTP\/1\.1 200 OK.*from Node/s.test(client.text));
    expect([connections.open.size, passedToNode]).to.deep.equal([0, 1]);
  });
});
