import { once } from 'node:events';
import { request as requestOver } from 'node:http';
import { until } from '@muster/testing';
import { expect } from 'chai';
import type { Changed, Step } from './change-system.ts';
import { type Answering, type Control, openControl } from './open-control.ts';

const scaled = JSON.stringify({ kind: 'scale', aggregators: 5 });
const step: Step = { kind: 'begun', what: 'start aggregator-3' };

describe('The control channel of a supervisor', () => {
  it('passes a change on and answers with its steps and its outcome, one line each', async () => {
    await using control = await open(async (request, onStep) => {
      expect(request).to.deep.equal({ kind: 'scale', aggregators: 5 });
      onStep(step);
      return { kind: 'done', ms: 12 };
    });
    const { status, text } = await post(control, scaled);
    expect(status).to.equal(200);
    expect(text.trim().split('\n').map(parse)).to.deep.equal([step, { kind: 'done', ms: 12 }]);
  });

  it('sends each step while it happens', async () => {
    const over = openGate();
    await using control = await open(async (_, onStep) => {
      onStep(step);
      await over.passed;
      return { kind: 'done', ms: 1 };
    });
    const response = await send(control, scaled);
    const [first] = await once(response, 'data');
    expect(parse(String(first))).to.deep.equal(step);
    over.pass();
    response.resume();
    await once(response, 'end');
  });

  it('continues the change when the client has gone', async () => {
    const over = openGate();
    const ended: string[] = [];
    await using control = await open(async (_, onStep) => {
      onStep(step);
      await over.passed;
      onStep(step);
      ended.push('done');
      return { kind: 'done', ms: 1 };
    });
    const response = await send(control, scaled);
    await once(response, 'data');
    response.destroy();
    over.pass();
    await until('the change is done', () => ended.length === 1);
    expect((await post(control, scaled)).status).to.equal(200);
  });

  it('refuses a client without the token', async () => {
    await using control = await open(never);
    for (const authorization of [undefined, 'Bearer', `Bearer ${'0'.repeat(64)}`, `Basic ${control.address.token}`]) {
      const { status, text } = await post(control, scaled, { authorization });
      expect(status).to.equal(401);
      expect(text).not.to.contain(control.address.token);
    }
  });

  it('refuses an invalid request and states the reason', async () => {
    await using control = await open(never);
    const settings = (name: string) => JSON.stringify({ kind: 'restart', settings: { [name]: '1' } });
    for (const { body, says } of [
      { body: 'not json', says: 'must be' },
      { body: '{}', says: 'kind' },
      { body: '{"kind":"scale"}', says: 'aggregators' },
      { body: '{"kind":"scale","aggregators":0}', says: 'aggregators' },
      { body: '{"kind":"scale","gateways":65}', says: 'gateways' },
      { body: '{"kind":"scale","aggregators":"5"}', says: 'aggregators' },
      { body: '{"kind":"scale","aggregators":5,"more":1}', says: 'more' },
      { body: settings('PARTITIONS'), says: 'cannot be changed while it runs' },
      { body: settings('AGGREGATOR_NAME'), says: 'cannot be changed while it runs' },
      { body: settings('path'), says: 'cannot be changed while it runs' },
    ]) {
      const { status, text } = await post(control, body);
      expect(status, body).to.equal(400);
      expect(parse(text).problem, body).to.contain(says);
    }
    expect((await post(control, scaled, { path: '/' })).status).to.equal(404);
    expect((await post(control, ' '.repeat(20_000))).status).to.equal(413);
  });

  it('answers 409 with the problem when a change is refused', async () => {
    await using control = await open(async () => ({ kind: 'refused', problem: 'one change at a time' }));
    expect(await post(control, scaled)).to.deep.equal({ status: 409, text: '{"problem":"one change at a time"}' });
  });

  it('refuses connections once it is closed', async () => {
    const control = await open(never);
    await control[Symbol.asyncDispose]();
    const failure = await post(control, scaled).catch((error: unknown) => error);
    expect(failure).to.include({ code: 'ECONNREFUSED' });
  });
});

const open = (answering: Answering) => openControl(answering);

const never = async (): Promise<Changed> => {
  throw new Error('Expected no call');
};

type Gate = { passed: Promise<void>; pass: () => void };

const openGate = (): Gate => {
  const gate: Partial<Gate> = {};
  gate.passed = new Promise((resolve) => {
    gate.pass = () => resolve();
  });
  return gate as Gate;
};

type Sent = { path?: string; authorization?: string | undefined };

const send = async ({ address: { port, token } }: Control, body: string, { path = '/change', ...given }: Sent = {}) => {
  const authorization = 'authorization' in given ? given.authorization : `Bearer ${token}`;
  const request = requestOver({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path,
    headers: authorization ? { authorization } : {},
    agent: false,
  });
  request.end(body);
  const [response] = await once(request, 'response');
  return response;
};

const post = async (control: Control, body: string, more: Sent = {}) => {
  const response = await send(control, body, more);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode as number, text: Buffer.concat(chunks).toString() };
};

const parse = (text: string) => JSON.parse(text);
