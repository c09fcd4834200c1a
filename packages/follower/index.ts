export { askSite, type SiteAnswer } from './ask-site.ts';
export { followerProgram } from './follower-program.ts';
export { parseSiteUrl } from './parse-site-url.ts';
export { runFollower } from './run-follower.ts';
export { parseSiteKeys, readKeyFor } from './site-keys.ts';
