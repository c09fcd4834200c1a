import { readCommandLine } from '@muster/embedded';
import { openTestDatabase, openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { fakePrograms } from './fake-programs.ts';
import { killProcess, type ProcessEvent, processOf, startProcess, stopProcess, waitReady } from './managed-process.ts';
import { type RunningSystem, type SystemOptions, startSystem } from './system.ts';

describe('A system of processes', function () {
  this.timeout(60_000);

  it('starts a killed process again, at the same address', async () => {
    await using test = await openSystem({});
    const { system, events } = test;
    const before = pidOf(system, 'gateway');
    await killProcess(system, 'gateway', 'SIGKILL');
    await waitReady(system, 'gateway', 10_000);
    expect(pidOf(system, 'gateway')).not.to.equal(before);
    expect(await ask(system.url)).to.equal(200);
    expect(events.some((event) => event.kind === 'died' && event.exit.signal === 'SIGKILL')).to.equal(true);
  });

  it('does not start a killed process again when restart is off', async () => {
    await using test = await openSystem({ restart: false });
    const { system, events } = test;
    await killProcess(system, 'aggregator-1', 'SIGKILL');
    const deaths = events.filter((event) => event.kind === 'died');
    expect(deaths.map(({ name, restartMs }) => [name, restartMs])).to.deep.equal([['aggregator-1', undefined]]);
    expect(processOf(system, 'aggregator-1').status).to.equal('down');
    const failure = await waitReady(system, 'aggregator-1').catch((error: unknown) => error);
    expect(String(failure)).to.contain('it died').and.contain('Started aggregator-1');
    await startProcess(system, 'aggregator-1');
    await waitReady(system, 'aggregator-1');
    expect(pidOf(system, 'aggregator-1')).to.be.greaterThan(0);
  });

  it('starts its own MongoDB again on the same port and data', async () => {
    await using folder = await openTestFolder();
    await using system = await startSystem({
      dataPath: folder.path,
      environment: process.env,
      programs: fakePrograms,
      dieWithParent: true,
    });
    const uri = system.mongodbUri;
    await killProcess(system, 'mongodb', 'SIGKILL');
    await waitReady(system, 'mongodb');
    expect(processOf(system, 'mongodb').ready?.uri).to.equal(uri);
  });

  it('stops one process without the others', async () => {
    await using test = await openSystem({});
    const { system } = test;
    const pid = pidOf(system, 'aggregator-0');
    await stopProcess(system, 'aggregator-0');
    expect(await readCommandLine(pid)).to.equal(undefined);
    expect(processOf(system, 'aggregator-2').status).to.equal('ready');
  });

  it('continues a paused process to stop it, so that it need not be killed', async () => {
    await using test = await openSystem({});
    const { exited } = processOf(test.system, 'aggregator-0').spawned ?? {};
    await killProcess(test.system, 'aggregator-0', 'SIGSTOP');
    await stopProcess(test.system, 'aggregator-0');
    expect(await exited).to.deep.equal({ code: 0, signal: null });
  });

  it('fails with the last lines when a process does not get ready, and stops all processes', async () => {
    const pids: number[] = [];
    const onEvent = (event: ProcessEvent) => event.kind === 'started' && pids.push(event.pid);
    const failure = await openSystem({
      restart: false,
      environmentFor: only('aggregator-2', { EXIT_CODE: '1' }),
      onEvent,
    }).catch((error: unknown) => error);
    expect(String(failure)).to.contain('aggregator-2').and.contain('No good');
    expect(await Promise.all(pids.map(readCommandLine))).to.deep.equal(pids.map(() => undefined));
  });

  it('gives each process its own environment', async () => {
    await using test = await openSystem({
      aggregators: 2,
      gateways: 2,
      environmentFor: only('aggregator-1', { COLOUR: 'red' }),
    });
    const lines = test.events.flatMap((event) => (event.kind === 'line' ? [event.line] : []));
    expect(lines.join()).to.contain('Started aggregator-0 with undefined').and.contain('Started aggregator-1 with red');
    expect([...test.system.processes.keys()]).to.deep.equal(['gateway', 'gateway-1', 'aggregator-0', 'aggregator-1']);
  });
});

const openSystem = async (options: Partial<SystemOptions>) => {
  const database = await openTestDatabase();
  const events: ProcessEvent[] = [];
  const onEvent = (event: ProcessEvent) => void events.push(event);
  const system = await startSystem({
    dataPath: '/nowhere',
    mongodbUri: database.uri,
    environment: process.env,
    programs: fakePrograms,
    onEvent,
    ...options,
  });
  return { system, events, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
};

const only = (wanted: string, environment: Record<string, string>) => (name: string) =>
  name === wanted ? environment : {};

const pidOf = (system: RunningSystem, name: string) => processOf(system, name).spawned?.pid ?? 0;

const ask = async (url: string) => {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  return response.status;
};
