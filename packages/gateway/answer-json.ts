import type { Exchange } from './exchange.ts';

/** Answers with this JSON, as text or as bytes. */
export const answerJson = (exchange: Exchange, status: number, json: string | Buffer): void => {
  exchange.status = status;
  exchange.headers.push('Content-Type', 'application/json; charset=utf-8');
  exchange.body = json;
};
