import type * as OpenTelemetry from '@opentelemetry/api';
import type { Context, Middleware } from 'koa';

/** OpenTelemetry's API. Without an SDK, which somebody must load into the process, it does nothing. */
export type Tracing = typeof OpenTelemetry;

/**
 * Loads OpenTelemetry's API. Undefined where it is not installed: only those who trace need it. Throws what a damaged
 * installation throws.
 */
export const loadTracing = async (): Promise<Tracing | undefined> => {
  try {
    return await import('@opentelemetry/api');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
};

/**
 * Makes a span of each request, as a part of the trace that the request names. The events that it appends name the
 * span. Attributes have the names of OpenTelemetry's conventions for HTTP, and none has a query, a header or a body.
 */
export const traceRequests = ({ context, propagation, SpanKind, SpanStatusCode, trace }: Tracing): Middleware => {
  const tracer = trace.getTracer('muster-gateway');
  return async (ctx, next) => {
    const parent = propagation.extract(context.active(), ctx.headers);
    const [path = ''] = ctx.url.split('?'); // Koa cannot read the path of each address
    const attributes = { 'http.request.method': ctx.method, 'url.path': path.slice(0, pathMax) };
    const span = tracer.startSpan(ctx.method, { kind: SpanKind.SERVER, attributes }, parent);
    ctx.state.trace = writeTrace(span.spanContext());
    try {
      await context.with(trace.setSpan(parent, span), next);
    } finally {
      const route = routeOf(ctx);
      if (route !== undefined) span.updateName(`${ctx.method} ${route}`).setAttribute('http.route', route);
      span.setAttributes({ 'http.response.status_code': ctx.status, 'muster.request_id': ctx.state.requestId });
      if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
  };
};

const pathMax = 200;

/** The pattern of the route that took the request. */
const routeOf = ({ _matchedRoute }: Context & { _matchedRoute?: unknown }): string | undefined =>
  typeof _matchedRoute === 'string' ? _matchedRoute : undefined;

/** The header `traceparent` of what a span causes. Empty for a span that does not exist, as without an SDK. */
const writeTrace = ({ traceId, spanId, traceFlags }: OpenTelemetry.SpanContext): string =>
  /^0*$/.test(traceId) ? '' : `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
