export { askHolder, closeHolder, type Holder, isAnswering, openHolder, readFrom } from './ask-holder.ts';
export type { Answer, Floor, Question, ReadReply, ReadRequest } from './messages.ts';
export { murmur3, partitionHash, partitionOf, partitionsHeldBy } from './partition.ts';
export { type Answers, type ReadService, serveRequests } from './serve-requests.ts';
