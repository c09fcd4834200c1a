export { openAggregators } from './ask-aggregators.ts';
export { readPartitions } from './find-system.ts';
export { makeUser } from './seed/make-user.ts';
export { seedLog } from './seed/seed-log.ts';
export { waitUntilHeld } from './seed/wait-until-held.ts';
export { verify } from './verify/verify.ts';
