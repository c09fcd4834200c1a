import type { Gateway } from './gateway.ts';

/** What is noted of an answer. `isLoggedElsewhere`: only the metrics count it. */
export type Answered = {
  requestId: string;
  method: string;
  url: string;
  status: number;
  ms: number;
  isLoggedElsewhere?: boolean | undefined;
};

const slowMs = 250;

/** Notes an answer in the metrics. Logs it if it is an error of the service, or later than 250 ms. */
export const noteAnswer = ({ logger, metrics }: Pick<Gateway, 'logger' | 'metrics'>, answered: Answered): void => {
  const { requestId, method, url, status, ms } = answered;
  metrics.seconds.observe({ method, status }, ms / 1_000);
  if (answered.isLoggedElsewhere || (status < 500 && ms < slowMs)) return;
  const about = { requestId, method, path: url.split('?', 1)[0], status, ms: Math.round(ms) };
  logger.warn(about, status >= 500 ? 'Answered with an error' : 'Answered late');
};
