export { coverOf, replicasOf, ringFrom } from './assignment.ts';
export { isLive, isServing, type Member, type MemberDocument, memberOf } from './member.ts';
export { murmur3, partitionHash, partitionOf } from './partition.ts';
export {
  liveMembers,
  noRoster,
  type Roster,
  ringOf,
  serversOf,
  takeRoster,
  wasAwayAlone,
} from './roster.ts';
