export { followerProgram } from './follower-program.ts';
export { parseSiteUrl } from './parse-site-url.ts';
export { runFollower } from './run-follower.ts';
