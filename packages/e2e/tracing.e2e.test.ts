import { entities } from '@muster/entities';
import { call, eventually, openShell } from '@muster/testing';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('Tracing', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  before(() => {
    trace.setGlobalTracerProvider(provider);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  after(async () => {
    trace.disable();
    propagation.disable();
    await provider.shutdown();
  });

  it('has a span of each request in the trace of the client, and the span in the event', async () => {
    await using system = await runInProcess(entities, { aggregators: 0, environment: { TRACING: 'true' } });
    const created = await call(system.url, 'POST', '/api/user', {
      body: { id: 'ada', ...ada },
      headers: { traceparent },
    });
    expect(created.status).to.equal(201);
    await call(system.url, 'GET', '/api/user/ada?version=1&x=secret');
    await call(system.url, 'GET', '/nowhere');
    const spans = await eventually(
      async () => exporter.getFinishedSpans(),
      ({ length }) => length === 3,
    );
    const [post, get, nowhere] = spans;
    expect([post?.name, post?.kind]).to.deep.equal(['POST /api/user', SpanKind.SERVER]);
    expect([post?.spanContext().traceId, post?.parentSpanContext?.spanId]).to.deep.equal([traceId, '00f067aa0ba902b7']);
    expect(post?.attributes).to.deep.equal({
      ...{ 'http.request.method': 'POST', 'url.path': '/api/user', 'http.route': '/api/user' },
      ...{ 'http.response.status_code': 201, 'muster.request_id': created.headers.get('x-request-id') },
    });
    expect(get?.name).to.equal('GET /api/user/:id');
    expect(get?.spanContext().traceId).not.to.equal(traceId);
    expect(nowhere?.name).to.equal('GET');
    expect(nowhere?.status.code).to.equal(SpanStatusCode.UNSET);
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.to.contain('secret');
    await using shell = openShell(system);
    const event = await shell.events.findOne({ entityId: 'ada' });
    expect(event?.meta.trace).to.equal(`00-${traceId}-${post?.spanContext().spanId}-01`);
  });

  it('marks a span as failed when the answer is 503', async () => {
    exporter.reset();
    await using system = await runInProcess(entities, { aggregators: 0, environment: { TRACING: 'true' } });
    const refused = await call(system.url, 'GET', '/api/user?filter[name][contains]=a');
    expect(refused.status).to.equal(503);
    const [span] = await eventually(
      async () => exporter.getFinishedSpans(),
      ({ length }) => length === 1,
    );
    expect(span?.status.code).to.equal(SpanStatusCode.ERROR);
    expect(span?.attributes['http.response.status_code']).to.equal(503);
  });
});
