import { createContext, runInContext } from 'node:vm';
import { eventually } from '@muster/testing';
import { expect } from 'chai';
import { siteOriginsOf, sitesScript, writeSitesPage } from './sites-page.ts';

describe('The page of sites', () => {
  it('offers each entity with its address', () => {
    const page = writeSitesPage([
      { name: 'record', path: '/api/record' },
      { name: 'asset', path: '/api/v1/assets' },
    ]);
    expect(page).to.include('<option data-path="/api/record">record</option>');
    expect(page).to.include('<option data-path="/api/v1/assets">asset</option>');
    expect(page).not.to.match(/<script>|onclick=|javascript:/); // its policy allows files only
  });

  it('has a script that is JavaScript, and never writes HTML', () => {
    expect(() => new Function(sitesScript)).not.to.throw();
    expect(sitesScript).not.to.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
  });

  it('may connect to the sites in its address only', () => {
    expect(siteOriginsOf({})).to.deep.equal([]);
    expect(siteOriginsOf({ site: 'http://localhost:3000/' })).to.deep.equal(['http://localhost:3000']);
    const site = ['https://oslo.example.com/a', 'https://oslo.example.com/b', 'javascript:alert(1)', 'x; script-src *'];
    expect(siteOriginsOf({ site })).to.deep.equal(['https://oslo.example.com']);
    expect(siteOriginsOf({ site: Array.from({ length: 20 }, (_, index) => `http://s${index}`) })).to.have.length(8);
  });
});

const names = ['http://oslo', 'http://lima', 'http://kyiv'];

type Row = { className: string; children: { textContent: string }[] };

/** An element of the page, as far as the script uses it. */
const makeElement = () => {
  const element = {
    ...{ textContent: '', className: '', value: '', options: [] as unknown[], children: [] as unknown[] },
    append: (...added: unknown[]) => void element.children.push(...added),
    replaceChildren: (...added: unknown[]) => {
      element.children = added;
    },
  };
  return element;
};

/** Runs the script of the page for three sites, on a network where `cut` breaks the connection of a site for good. */
const openPage = () => {
  const elements = new Map<string, ReturnType<typeof makeElement>>();
  const at = (id: string) => {
    const known = elements.get(id) ?? makeElement();
    elements.set(id, known);
    return known;
  };
  Object.assign(at('entity'), { options: [{ value: 'record', dataset: { path: '/api/record' } }] });
  const feeds = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  const away = new Set<string>();
  const fetch = async (address: string) => {
    const { origin, pathname } = new URL(address);
    if (pathname !== '/api/record/events') return new Response('', { status: 404 }); // the events of one thing
    if (away.has(origin)) throw new TypeError('fetch failed');
    return new Response(new ReadableStream<Uint8Array>({ start: (feed) => void feeds.set(origin, feed) }));
  };
  const timers = new Set<NodeJS.Timeout>();
  const over = new AbortController();
  const later = (work: () => void, ms: number) => over.signal.aborted || timers.add(setTimeout(work, ms));
  const page = createContext({
    ...{ document: { getElementById: at, createElement: makeElement }, fetch, setTimeout: later, clearTimeout },
    ...{ location: { origin: names[0], search: `?${names.map((name) => `site=${name}`).join('&')}&entity=record` } },
    ...{ URLSearchParams, AbortController, AbortSignal, TextDecoderStream },
  });
  runInContext(sitesScript, page);
  const send = (site: string, subject: string, version: number, state: unknown) => {
    const data = JSON.stringify({ subject, version, state, time: '2026-01-01' });
    feeds.get(site)?.enqueue(new TextEncoder().encode(`id: p${version}\ndata: ${data}\n\n`));
  };
  return {
    send,
    areOpen: () => feeds.size === names.length,
    cut: (site: string) => {
      away.add(site);
      feeds.get(site)?.error(new Error('cut'));
    },
    summary: () => at('summary').textContent,
    verdicts: () => (at('rows').children as Row[]).map(({ children }) => children[1]?.textContent),
    [Symbol.dispose]: () => {
      over.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
};

describe('The summary of the page of sites', () => {
  const until = (page: ReturnType<typeof openPage>, text: string) =>
    eventually(
      async () => page.summary(),
      (shown) => shown === text,
      5_000,
    );

  it('counts the things that are equal, and names the sites that do not answer', async () => {
    using page = openPage();
    await eventually(async () => page.areOpen(), Boolean, 5_000);
    for (const name of names) page.send(name, 'a', 1, { n: 1 });
    await until(page, '1 of 1 things are equal at all sites');
    page.cut('http://kyiv');
    await until(page, '1 of 1 things are equal at 2 of 3 sites; http://kyiv is not connected');
    for (const name of names.slice(0, 2)) page.send(name, 'b', 1, { n: 2 });
    await until(page, '2 of 2 things are equal at 2 of 3 sites; http://kyiv is not connected');
    expect(page.verdicts()).to.deep.equal(['equal at 2 of 3', 'equal at 2 of 3']);
    page.send('http://oslo', 'b', 2, { n: 3 });
    await until(page, '1 of 2 things are equal at 2 of 3 sites; http://kyiv is not connected');
    page.cut('http://lima');
    await until(page, 'nothing to compare: 1 of 3 sites answer; http://lima, http://kyiv are not connected');
  });
});
