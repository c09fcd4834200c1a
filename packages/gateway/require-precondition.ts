import type { Precondition } from '@muster/model';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { parsePrecondition } from './parse-headers.ts';
import { invalid, type Problem } from './problem.ts';

export type Required =
  | { kind: 'precondition'; value: Precondition | undefined }
  | { kind: 'problem'; problem: Problem };

/**
 * Returns the precondition of a write on one thing. A problem if the headers are invalid, or if there is none although
 * the setting `REQUIRE_IF_MATCH` demands one (RFC 6585, 3).
 */
export const requirePrecondition = ({ settings }: Pick<Gateway, 'settings'>, exchange: Exchange): Required => {
  const parsed = parsePrecondition(exchange);
  if (parsed.kind === 'faults') return { kind: 'problem', problem: invalid(parsed.faults) };
  if (parsed.value === undefined && settings.REQUIRE_IF_MATCH) return { kind: 'problem', problem: missing };
  return parsed;
};

const missing: Problem = {
  name: 'precondition-required',
  detail:
    'The request has neither If-Match nor If-None-Match; read the thing, and send its ETag as If-Match, so that no ' +
    'change of somebody else is lost',
};
