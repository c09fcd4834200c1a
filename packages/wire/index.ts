export {
  askHolder,
  closeHolder,
  type Holder,
  type HolderOptions,
  isAnswering,
  openHolder,
  readFrom,
} from './aggregator-client.ts';
export type { WireProblem } from './complaints.ts';
export type { Identity } from './greeting.ts';
export type { ReadReply, ReadRequest } from './messages.ts';
export type { Answer, Floor, Question } from './questions.ts';
export { type Answers, dropConnections, type ReadService, type ServeOptions, serveRequests } from './serve-requests.ts';
