export { askHolder, closeHolder, type Holder, type HolderOptions, isAnswering, openHolder, readFrom } from './ask-holder.ts';
export { coverOf, holdersOf, ringFrom } from './assignment.ts';
export type { WireProblem } from './complaints.ts';
export type { Identity } from './greeting.ts';
export type { ReadReply, ReadRequest } from './messages.ts';
export { murmur3, partitionHash, partitionOf } from './partition.ts';
export type { Answer, Floor, Question } from './questions.ts';
export { livingOf, type Member, memberOf, noRoster, type Roster, ringOf, serversOf, takeRoster, wasAwayAlone } from './roster.ts';
export { type Answers, dropConnections, type ReadService, type ServeOptions, serveRequests } from './serve-requests.ts';
