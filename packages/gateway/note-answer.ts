import type { Logger } from '@muster/runtime';
import type { Metrics } from './metrics.ts';

/** What is noted of an answer. `actor`: the name of the key. `isLoggedElsewhere`: only the metrics count it. */
export type Answered = {
  requestId: string;
  actor: string | undefined;
  method: string;
  url: string;
  status: number;
  ms: number;
  isLoggedElsewhere?: boolean | undefined;
};

/** The lines about answers in the current 10 seconds. A plain value. Only this file changes it. */
export type AnswerLines = { since: number; written: number; leftOut: number };

export const openAnswerLines = (): AnswerLines => ({ since: Number.NEGATIVE_INFINITY, written: 0, leftOut: 0 });

const slowMs = 250;
const windowMs = 10_000;
const linesMax = 50; // in a window: during an outage, each request is refused

type Noting = {
  answerLines: AnswerLines;
  logger: Logger;
  metrics: Pick<Metrics, 'seconds'>;
  settings: { ACCESS_LOG: boolean };
};

/**
 * Notes an answer in the metrics. Logs it if it is an error of the service, or later than 250 ms, at most 50 times in
 * 10 seconds. With the setting `ACCESS_LOG`, each answer has a line, without the query. `now` is `performance.now()`.
 */
export const noteAnswer = (noting: Noting, answered: Answered, now = performance.now()): void => {
  const { method, status, ms } = answered;
  noting.metrics.seconds.observe({ method, status }, ms / 1_000);
  if (noting.settings.ACCESS_LOG) noting.logger.info(lineOf(answered), 'Answered');
  if (answered.isLoggedElsewhere || (status < 500 && ms < slowMs)) return;
  logAnswer(noting, answered, now);
};

const logAnswer = ({ answerLines: lines, logger }: Noting, answered: Answered, now: number) => {
  if (now - lines.since > windowMs) {
    if (lines.leftOut > 0)
      logger.warn({ leftOut: lines.leftOut }, 'Further answers with errors or late were not logged');
    Object.assign(lines, { since: now, written: 0, leftOut: 0 });
  }
  if (lines.written >= linesMax) {
    lines.leftOut += 1;
    return;
  }
  lines.written += 1;
  logger.warn(lineOf(answered), answered.status >= 500 ? 'Answered with an error' : 'Answered late');
};

// a query may have personal data
const lineOf = ({ requestId, actor, method, url, status, ms }: Answered) => ({
  requestId,
  ...(actor ? { actor } : undefined),
  ...{ method, path: url.split('?', 1)[0], status, ms: Math.round(ms * 10) / 10 },
});
