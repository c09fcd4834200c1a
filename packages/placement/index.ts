export { coverOf, holdersOf, ringFrom } from './assignment.ts';
export { murmur3, partitionHash, partitionOf } from './partition.ts';
export {
  livingOf,
  type Member,
  memberOf,
  noRoster,
  type Roster,
  ringOf,
  serversOf,
  takeRoster,
  wasAwayAlone,
} from './roster.ts';
