import type { Entity } from '@muster/model';
import { findAlive } from '@muster/store';
import { answerJson } from '../answer-json.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { findUnknown, parseAt } from '../parse-past.ts';
import { tooMuch } from '../past-problems.ts';
import { answerProblem, invalid } from '../problem.ts';
import { readApart } from '../read-apart.ts';
import { countLimits } from '../read-past-page.ts';
import { setPastHeaders } from './list-past.ts';
import { pastDeadlineMs } from './read-past.ts';

/** GET /api/user/count?at=2026-11-26T10:00:00Z: how many things there were then. */
export const countPast = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const parsed = parseAt(gateway, exchange.query);
  const faults = [...findUnknown(exchange.query, ['at']), ...(parsed.kind === 'faults' ? parsed.faults : [])];
  if (faults.length > 0 || parsed.kind === 'faults' || !parsed.value) return answerProblem(exchange, invalid(faults));
  const at = parsed.value;
  const what = `count ${entity.name}s at ${at.toISOString()}`;
  const { PARTITIONS } = gateway.settings;
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const apart = { places: gateway.pastScans, deadlineMs: pastDeadlineMs, what };
  let count = 0;
  const found = await readApart(gateway, exchange, apart, (leftMs) =>
    findAlive(
      gateway.log,
      entity,
      { partitions, ofPartitions: PARTITIONS, at },
      { ...countLimits, deadlineMs: leftMs() },
      () => {
        count += 1;
      },
    ),
  );
  if (!found) return;
  if (found.kind === 'tooMuch') return answerProblem(exchange, tooMuch(what, found));
  setPastHeaders(exchange, at);
  answerJson(exchange, 200, JSON.stringify({ count }));
};
