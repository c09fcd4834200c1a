export {
  type AggregatorClient,
  type AggregatorClientOptions,
  askAggregator,
  closeAggregatorClient,
  isAboutToSend,
  isAnswering,
  openAggregatorClient,
  readStateFrom,
  readStateThen,
  readThen,
} from './aggregator-client.ts';
export type { WireProblem } from './complaints.ts';
export { openSender, type Sender } from './frames.ts';
export type { Identity } from './greeting.ts';
export type { ReadReply, ReadRequest, StateReply } from './messages.ts';
export type { MinVersion } from './parsed-values.ts';
export { type Queried, type QueryQuestion, queryMax } from './query-question.ts';
export type { Answer, Question } from './questions.ts';
export { type Answers, dropConnections, type ReadService, type ServeOptions, serveRequests } from './serve-requests.ts';
export type { Viewed, ViewQuestion } from './view-question.ts';
