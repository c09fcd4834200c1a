/** The address of a site, as it is stored. Or why it is none, in words for the user. */
export type ParsedSiteUrl = { kind: 'url'; url: string } | { kind: 'problem'; problem: string };

/** Parses the address of a site: `https://oslo.example.com`, or `http` for sites that a private network connects. Pure. */
export const parseSiteUrl = (text: string): ParsedSiteUrl => {
  const shown = JSON.stringify(withoutPassword(text).slice(0, 200));
  if (!URL.canParse(text)) return problem(`${shown} is no URL, such as https://oslo.example.com`);
  const url = new URL(text);
  // the list of sites is readable, and keys are secret
  if (url.username !== '' || url.password !== '')
    return problem(`the URL of ${url.host} has a password: put its key into SITE_KEYS`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return problem(`${shown} must begin with https or http`);
  if (url.search !== '' || url.hash !== '') return problem(`${shown} has a query or a fragment: leave them out`);
  return { kind: 'url', url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
};

/** Returns a text without what may be a password: all of a word up to its last `@`. Pure. */
export const withoutPassword = (text: string): string => text.replace(/[^\s"',]*@/g, '***@');

const problem = (text: string): ParsedSiteUrl => ({ kind: 'problem', problem: text });
