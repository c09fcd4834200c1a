export { coverOf, replicasOf, ringFrom } from './assignment.ts';
export { murmur3, partitionHash, partitionOf } from './partition.ts';
export {
  liveMembers,
  type Member,
  memberOf,
  noRoster,
  type Roster,
  ringOf,
  serversOf,
  takeRoster,
  wasAwayAlone,
} from './roster.ts';
