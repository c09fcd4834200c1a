export { askHolder, closeHolder, type Holder, isAnswering, openHolder, readFrom } from './ask-holder.ts';
export { coverOf, holdersOf, ringFrom } from './assignment.ts';
export type { Answer, Floor, Question, ReadReply, ReadRequest } from './messages.ts';
export { murmur3, partitionHash, partitionOf } from './partition.ts';
export { livingOf, type Member, memberOf, noRoster, type Roster, ringOf, serversOf, takeRoster, wasAwayAlone } from './roster.ts';
export { type Answers, type ReadService, serveRequests } from './serve-requests.ts';
