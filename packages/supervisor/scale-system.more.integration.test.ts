import { findFreePort, isPortFree, readCommandLine } from '@muster/embedded';
import { openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import type { Wholeness } from './await-copies.ts';
import type { Step } from './change-system.ts';
import { fakePrograms } from './fake-programs.ts';
import { killProcess, type ProcessEvent, processOf, waitReady } from './managed-process.ts';
import { restartRolling } from './restart-rolling.ts';
import { scaleSystem } from './scale-system.ts';
import { type RunningSystem, type SystemOptions, startSystem, urlOf } from './system.ts';

describe('A system of processes that is scaled', function () {
  this.timeout(60_000);

  it('starts more processes while the others keep running', async () => {
    await using test = await openSystem({ aggregators: 2 });
    const before = pidsOf(test.system);
    const changed = await scaleSystem(test.system, { aggregators: 4, gateways: 2 });
    expect(changed.kind).to.equal('done');
    expect(namesOf(test.system)).to.deep.equal([
      'gateway',
      'aggregator-0',
      'aggregator-1',
      'gateway-1',
      'aggregator-2',
      'aggregator-3',
    ]);
    expect(pidsOf(test.system)).to.include(before);
    expect(statusesOf(test.system)).to.deep.equal(['ready']);
    expect(test.lines().join()).to.contain('Started aggregator-3');
    for (const name of ['gateway', 'gateway-1'])
      expect((await fetch(urlOf(test.system, undefined, name))).status).to.equal(200);
  });

  it('removes the highest-numbered processes one at a time, each with complete copies on the others', async () => {
    await using test = await openSystem({ aggregators: 4, gateways: 3 });
    const pids = pidsOf(test.system);
    const changed = await scaleSystem(test.system, { aggregators: 1, gateways: 1 }, test.options());
    expect(changed.kind).to.equal('done');
    expect(test.story).to.deep.equal([
      ...['gateway-2 has stopped', 'gateway-1 has stopped'],
      ...['full with aggregator-0', 'aggregator-3 has stopped'],
      ...['full with aggregator-0', 'aggregator-2 has stopped'],
      ...['full with aggregator-0', 'aggregator-1 has stopped'],
      'atRest with aggregator-0',
    ]);
    expect(namesOf(test.system)).to.deep.equal(['gateway', 'aggregator-0']);
    expect(await readCommandLine(pids['aggregator-3'] ?? 0)).to.equal(undefined);
    expect(() => processOf(test.system, 'aggregator-3')).to.throw('Cannot find process "aggregator-3"');
  });

  it('reports the beginning and the end of each step', async () => {
    await using test = await openSystem({ aggregators: 2 });
    await scaleSystem(test.system, { aggregators: 3 }, test.options());
    await scaleSystem(test.system, { aggregators: 2 }, test.options());
    const atRest = ['begun wait until no partition moves', 'ended wait until no partition moves'];
    expect(test.steps.map((step) => (step.kind === 'remark' ? step.text : `${step.kind} ${step.what}`))).to.deep.equal([
      ...['begun start aggregator-2', 'ended start aggregator-2', ...atRest],
      ...['begun wait for all copies before aggregator-2 stops', 'ended wait for all copies before aggregator-2 stops'],
      ...['begun stop aggregator-2', 'ended stop aggregator-2', ...atRest],
    ]);
  });

  it('stops all new processes when one does not get ready, and states the reason', async () => {
    await using test = await openSystem({ aggregators: 2, environmentFor: only('aggregator-3', { EXIT_CODE: '1' }) });
    const before = pidsOf(test.system);
    const changed = await scaleSystem(test.system, { aggregators: 4 }, { readyWithinMs: 1_500 });
    expect(changed.kind === 'failed' && changed.problem)
      .to.contain('aggregator-3')
      .and.contain('No good')
      .and.contain('Stopped the new processes again: aggregator-2, aggregator-3');
    expect(pidsOf(test.system)).to.deep.equal(before);
    expect((await scaleSystem(test.system, { aggregators: 3 })).kind).to.equal('done');
  });

  it('does not wait for a new process that refuses its settings', async () => {
    await using test = await openSystem({ aggregators: 1, environmentFor: only('aggregator-1', { EXIT_CODE: '2' }) });
    const startedAt = performance.now();
    const changed = await scaleSystem(test.system, { aggregators: 2 });
    expect(changed.kind === 'failed' && changed.problem).to.contain('it refused its settings');
    expect(performance.now() - startedAt).to.be.below(10_000);
    expect(namesOf(test.system)).to.deep.equal(['gateway', 'aggregator-0']);
  });

  it('refuses a second change while one is running, and accepts it afterwards', async () => {
    await using test = await openSystem({ aggregators: 1 });
    const first = scaleSystem(test.system, { aggregators: 2 });
    const second = await restartRolling(test.system, {});
    expect(second.kind === 'refused' && second.problem).to.match(
      /Cannot restart aggregators now: "scale to 2 aggregators" has been running for \d+ s/,
    );
    expect((await first).kind).to.equal('done');
    expect((await restartRolling(test.system, {})).kind).to.equal('done');
  });

  it('stops no further process when the copies do not get complete, and states what is missing', async () => {
    await using test = await openSystem({ aggregators: 3 });
    const awaitCopies = async () => {
      if (test.story.length > 0) throw new Error('partition 7 has 1 replica, expected 2');
    };
    const changed = await scaleSystem(test.system, { aggregators: 1 }, { awaitCopies });
    expect(changed.kind === 'failed' && changed.problem).to.equal('partition 7 has 1 replica, expected 2');
    expect(namesOf(test.system)).to.deep.equal(['gateway', 'aggregator-0', 'aggregator-1']);
  });

  it('stops the processes that it started when the signal aborts', async () => {
    await using test = await openSystem({ aggregators: 1, environmentFor: only('aggregator-1', { EXIT_CODE: '1' }) });
    const signal = AbortSignal.timeout(500);
    const changed = await scaleSystem(test.system, { aggregators: 2 }, { signal });
    expect(changed.kind === 'failed' && changed.problem).to.equal('Muster is being stopped');
    expect(namesOf(test.system)).to.deep.equal(['gateway', 'aggregator-0']);
  });

  it('restarts a later process that dies, at the same address', async () => {
    await using test = await openSystem({ aggregators: 1 });
    await scaleSystem(test.system, { gateways: 2 });
    const url = urlOf(test.system, undefined, 'gateway-1');
    await killProcess(test.system, 'gateway-1', 'SIGKILL');
    await waitReady(test.system, 'gateway-1');
    expect(urlOf(test.system, undefined, 'gateway-1')).to.equal(url);
    expect((await fetch(url)).status).to.equal(200);
  });

  it('gives a later gateway the next port, or any free port if that one is in use', async () => {
    const port = await findFreePair();
    await using test = await openSystem({ aggregators: 1, port });
    await scaleSystem(test.system, { gateways: 2 });
    expect(urlOf(test.system, undefined, 'gateway-1')).to.equal(`http://127.0.0.1:${port + 1}`);
    await using beside = await openSystem({ aggregators: 1 });
    const taken = { ...beside.system, options: { ...beside.system.options, port: port - 1 } };
    await scaleSystem(taken, { gateways: 3 });
    const urls = ['gateway-1', 'gateway-2'].map((name) => urlOf(beside.system, undefined, name));
    for (const url of urls) expect((await fetch(url)).status).to.equal(200);
    expect(urls).not.to.contain(`http://127.0.0.1:${port}`);
  });
});

describe('A rolling restart', function () {
  this.timeout(60_000);

  it('restarts one aggregator at a time with new settings, each only when all copies are complete', async () => {
    await using test = await openSystem({ aggregators: 3 });
    const before = pidsOf(test.system);
    const changed = await restartRolling(test.system, { settings: { COLOUR: 'red' } }, test.options());
    expect(changed.kind).to.equal('done');
    const all = 'with aggregator-0 aggregator-1 aggregator-2';
    const each = ['aggregator-0', 'aggregator-1', 'aggregator-2'].flatMap((name) => [
      `full ${all}`,
      `${name} has stopped`,
      `${name} is ready`,
    ]);
    expect(test.story).to.deep.equal([...each, `atRest ${all}`]);
    expect(pidsOf(test.system).gateway).to.equal(before.gateway);
    expect(pidsOf(test.system)['aggregator-1']).not.to.equal(before['aggregator-1']);
    expect(test.lines().filter((line) => line.includes('with red'))).to.have.length(3);
  });

  it('sets the settings of later processes, but not if it restarts only one', async () => {
    await using test = await openSystem({ aggregators: 2 });
    await restartRolling(test.system, { only: 'aggregator-1', settings: { COLOUR: 'blue' } });
    await scaleSystem(test.system, { aggregators: 3 });
    await restartRolling(test.system, { settings: { COLOUR: 'red' } });
    await scaleSystem(test.system, { aggregators: 4 });
    const started = test.lines().flatMap((line) => /Started (\S+ with \w+)/.exec(line)?.[1] ?? []);
    expect(started.slice(2)).to.deep.equal([
      ...['aggregator-1 with blue', 'aggregator-2 with undefined'],
      ...['aggregator-0 with red', 'aggregator-1 with red', 'aggregator-2 with red', 'aggregator-3 with red'],
    ]);
  });

  it('goes back to the earlier settings when a process refuses the new ones, and restarts no other', async () => {
    await using test = await openSystem({ aggregators: 2 });
    const before = pidsOf(test.system);
    const changed = await restartRolling(test.system, { settings: { EXIT_CODE: '2' } });
    expect(changed.kind === 'failed' && changed.problem)
      .to.contain('No good')
      .and.contain('aggregator-0 was started again with its earlier settings');
    expect(statusesOf(test.system)).to.deep.equal(['ready']);
    expect(pidsOf(test.system)['aggregator-1']).to.equal(before['aggregator-1']);
  });

  it('starts gateways again at the same addresses', async () => {
    await using test = await openSystem({ aggregators: 1, gateways: 2 });
    const urls = ['gateway', 'gateway-1'].map((name) => urlOf(test.system, undefined, name));
    expect((await restartRolling(test.system, { only: 'gateways' }, test.options())).kind).to.equal('done');
    expect(test.story).to.deep.equal([
      'gateway has stopped',
      'gateway is ready',
      'gateway-1 has stopped',
      'gateway-1 is ready',
    ]);
    expect(['gateway', 'gateway-1'].map((name) => urlOf(test.system, undefined, name))).to.deep.equal(urls);
  });

  it('refuses a name that does not exist', async () => {
    await using test = await openSystem({ aggregators: 1 });
    const changed = await restartRolling(test.system, { only: 'aggregator-7' });
    expect(changed).to.deep.equal({
      kind: 'refused',
      problem: 'Cannot restart "aggregator-7": expected gateways, aggregators, or one of gateway, aggregator-0',
    });
  });
});

const openSystem = async (options: Partial<SystemOptions>) => {
  const database = await openTestDatabase();
  const events: ProcessEvent[] = [];
  const story: string[] = [];
  const steps: Step[] = [];
  const onEvent = (event: ProcessEvent) => {
    events.push(event);
    if (event.kind === 'stopped') story.push(`${event.name} has stopped`);
    if (event.kind === 'ready') story.push(`${event.name} is ready`);
  };
  const given = {
    dataPath: '/nowhere',
    mongodbUri: database.uri,
    environment: process.env,
    programs: fakePrograms,
    onEvent,
    ...options,
  };
  const system = await startSystem(given);
  story.length = 0;
  const awaitCopies = async (aggregators: readonly string[], wholeness: Wholeness) =>
    void story.push(`${wholeness} with ${aggregators.join(' ')}`);
  return {
    ...{ system, story, steps },
    lines: () => events.flatMap((event) => (event.kind === 'line' ? [event.line] : [])),
    options: () => ({ awaitCopies, onStep: (step: Step) => void steps.push(step) }),
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
};

const only = (wanted: string, environment: Record<string, string>) => (name: string) =>
  name === wanted ? environment : {};

const namesOf = ({ processes }: RunningSystem) => [...processes.keys()];

const pidsOf = ({ processes }: RunningSystem): Record<string, number> =>
  Object.fromEntries([...processes.values()].map(({ name, spawned }) => [name, spawned?.pid ?? 0]));

const statusesOf = ({ processes }: RunningSystem) => [...new Set([...processes.values()].map(({ status }) => status))];

/** Finds a free port whose next port is free too. */
const findFreePair = async (): Promise<number> => {
  const port = await findFreePort('127.0.0.1');
  return (await isPortFree('127.0.0.1', port + 1)) ? port : findFreePair();
};
