import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Entity } from '@muster/model';
import { openLogger, Registry } from '@muster/runtime';
import type { Log } from '@muster/store';
import Koa, { type Context } from 'koa';
import { type Gateway, openGateway } from './gateway.ts';
import { parseGatewaySettings } from './settings.ts';

const common = { MONGODB_URI: 'mongodb://127.0.0.1:1', CLUSTER_SECRET: 'the secret of the tests', LOG_LEVEL: 'silent' };

/**
 * Opens a gateway for tests on this log, without an HTTP port. `environment` has the settings that differ from the
 * defaults.
 */
export const openTestGateway = (
  log: Log,
  entities: readonly Entity[],
  environment: Record<string, string> = {},
): Gateway => {
  const parsed = parseGatewaySettings({ ...common, PARTITIONS: '4', ...environment });
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
  const { settings } = parsed;
  return openGateway({ settings, entities, log, logger: openLogger('test', 'silent'), registry: new Registry() });
};

/** Returns the context of a request with these headers. Nothing is sent: the answer stays in the context. */
export const contextOf = (path = '/', headers: Record<string, string> = {}): Context => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: path, headers });
  const context = new Koa().createContext(request, new ServerResponse(request));
  context.state.requestId = 'request-1';
  return context;
};
