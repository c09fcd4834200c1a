export { askSite, type SiteAnswer } from './ask-site.ts';
export { followerProgram } from './follower-program.ts';
export { parseSiteUrl } from './parse-site-url.ts';
export { runFollower } from './run-follower.ts';
export { keyFor, parseSiteKeys, type SiteKeys } from './site-keys.ts';
