import type { Entity } from '@muster/model';

// A page that shows several sites side by side. It needs nothing but a browser.

const sitesMax = 8;

/** Returns the origins of the sites in a query, without what is none. Pure. */
export const siteOriginsOf = ({ site }: { site?: string | string[] }): string[] => {
  const given = [site ?? []].flat().slice(0, sitesMax);
  const urls = given.filter((text) => URL.canParse(text)).map((text) => new URL(text));
  return [...new Set(urls.filter(({ protocol }) => /^https?:$/.test(protocol)).map(({ origin }) => origin))];
};

/** Returns the page for these entities. Its script is a file, as the page allows no scripts of its own. Pure. */
export const writeSitesPage = (entities: readonly Pick<Entity, 'name' | 'path'>[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Muster sites</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body{font:15px system-ui,sans-serif;margin:1.5rem}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
pre{margin:0;white-space:pre-wrap;word-break:break-word}tr.equal td:nth-child(2){background:#dfd}
tr.differs td:nth-child(2){background:#fdd}th small{font-weight:normal}td.none{color:#a00}
.problem{color:#a00}[hidden]{display:none}</style></head>
<body><h1>Sites</h1>
<form id="form"><label>Sites <input id="sites" size="70" placeholder="http://localhost:3000 http://localhost:3001">
</label> <label>Entity <select id="entity">${entities.map(optionOf).join('')}</select></label>
<button>Compare</button></form>
<p><b id="summary" role="status">name the sites to compare, with spaces between</b></p>
<table><thead><tr id="heads"></tr></thead><tbody id="rows"></tbody></table>
<script src="/docs/sites.js"></script></body></html>
`;

// names and addresses of entities have letters, digits, - and / only
const optionOf = ({ name, path }: Pick<Entity, 'name' | 'path'>): string =>
  `<option data-path="${path}">${name}</option>`;

/**
 * Reads the feed of each site in the address of the page, from its start, and compares what they show of each thing. It
 * resumes behind the last event after a gap. It keeps the things that changed last. What a site does not send is asked
 * for once, so that a thing that it dropped is not taken for a missing one.
 */
export const sitesScript = `'use strict';
const rowsMax = 200;
const askAfterMs = 3000;
const asksMax = 4;
const at = (id) => document.getElementById(id);
const make = (tag, text) => {
  const made = document.createElement(tag);
  made.textContent = text; // never as HTML
  return made;
};
const asked = new URLSearchParams(location.search);
const names = asked.getAll('site').slice(0, ${sitesMax});
const pathOf = () => {
  const option = [...at('entity').options].find(({ value }) => value === asked.get('entity'));
  return asked.get('path') ?? option?.dataset.path;
};
const path = pathOf();
const rows = new Map(); // by id: { id, time, seenAt, cells: by site { version, text, shown } }

// the same text for the same content, whatever the order of its members
const canonical = (value) => {
  if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']';
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort().map((name) => JSON.stringify(name) + ':' + canonical(value[name]));
  return '{' + members.join(',') + '}';
};

const take = (site, event) => {
  const id = event.subject;
  const row = rows.get(id) ?? { id, time: '', seenAt: Date.now(), cells: new Map() };
  const known = row.cells.get(site);
  if (known && known.version >= event.version) return; // an event may come twice
  row.cells.set(site, { version: event.version, text: canonical(event.state ?? null), isGone: !event.state });
  if (event.time > row.time) row.time = event.time;
  rows.set(id, row);
  if (rows.size > 2 * rowsMax) for (const old of newestFirst().slice(rowsMax)) rows.delete(old.id);
  showSoon();
};

const newestFirst = () => [...rows.values()].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));

// what these sites show: the same, or not, or some have no such thing
const judge = (row, compared) => {
  const cells = compared.map((site) => row.cells.get(site));
  if (cells.some((cell) => !cell || cell.version === 0)) return 'missing';
  return new Set(cells.map(({ text }) => text)).size === 1 ? 'equal' : 'differs';
};

const cellOf = (cell) => {
  const shown = document.createElement('td');
  if (!cell || cell.version === 0) {
    shown.className = 'none';
    shown.textContent = 'missing';
    return shown;
  }
  shown.append(make('small', 'v' + cell.version), make('pre', cell.isGone ? 'deleted' : cell.text));
  return shown;
};

const rowOf = (row, compared) => {
  const shown = document.createElement('tr');
  const verdict = judge(row, compared);
  shown.className = verdict === 'equal' ? 'equal' : 'differs';
  const name = make('td', row.id + ' ');
  name.append(make('small', row.time));
  const where = compared.length < sites.length ? ' at ' + compared.length + ' of ' + sites.length : '';
  shown.append(name, make('td', verdict + where), ...sites.map((site) => cellOf(row.cells.get(site))));
  return shown;
};

// what a site showed before it went away does not count: it may have other things by now
const show = () => {
  const compared = sites.filter(({ isConnected }) => isConnected);
  const newest = newestFirst().slice(0, rowsMax);
  at('rows').replaceChildren(...newest.map((row) => rowOf(row, compared)));
  at('summary').textContent = [summaryOf(newest, compared), ...absenceOf(compared)].join('; ');
};

const summaryOf = (newest, compared) => {
  const isAll = compared.length === sites.length;
  if (!isAll && compared.length < 2)
    return 'nothing to compare: ' + compared.length + ' of ' + sites.length + ' sites answer';
  const equal = newest.filter((row) => judge(row, compared) === 'equal').length;
  const all = rows.size > rowsMax ? ' of the newest ' + rowsMax : ' of ' + newest.length;
  const where = isAll ? 'all sites' : compared.length + ' of ' + sites.length + ' sites';
  return equal + all + ' things are equal at ' + where;
};

const absenceOf = (compared) => {
  const away = sites.filter((site) => !compared.includes(site)).map(({ url }) => url);
  return away.length === 0 ? [] : [away.join(', ') + (away.length === 1 ? ' is' : ' are') + ' not connected'];
};

let timer;
const showSoon = () => {
  timer ??= setTimeout(() => { timer = undefined; show(); }, 200);
};

const connected = 'connected';
const say = (site, text, isProblem) => {
  site.status.textContent = text;
  site.status.className = isProblem ? 'problem' : '';
  if (site.isConnected === (text === connected)) return;
  site.isConnected = !site.isConnected;
  showSoon();
};

// reads server-sent events until the connection ends
const readEvents = async (body, onMessage) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\\n\\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = new Map(block.split('\\n').map((line) => {
        const colon = line.indexOf(': ');
        return colon < 1 ? ['', ''] : [line.slice(0, colon), line.slice(colon + 2)];
      }));
      if (fields.has('data')) onMessage(fields.get('event') ?? 'message', fields.get('id'), fields.get('data'));
    }
  }
};

const open = (site, address, signal) =>
  fetch(site.url + path + address, {
    ...{ signal, cache: 'no-store', credentials: 'omit' },
    headers: { Accept: 'text/event-stream', ...(site.key.value ? { Authorization: 'Bearer ' + site.key.value } : {}) },
  });

const refusal = async (site, { status, statusText }) => {
  if (status === 401) return site.key.value ? 'the key is not valid' : 'a key is needed: enter it here';
  if (status === 403) return 'the key may not read this';
  if (status === 404) return 'it has no ' + path;
  return 'it answers ' + status + ' ' + statusText;
};

const onMessage = (site) => (kind, id, data) => {
  if (id) site.position = id;
  site.tries = 0;
  say(site, connected);
  if (kind === 'message') return take(site, JSON.parse(data));
  if (kind !== 'end') return undefined;
  const { reason, position } = JSON.parse(data);
  site.position = /^(position-lost|log-replaced)$/.test(reason) ? undefined : (position ?? site.position);
  return undefined;
};

// the log begins anew: what was shown of this site does not count
const beginAgain = (site) => {
  site.position = undefined;
  for (const row of rows.values()) row.cells.delete(site);
};

const followOnce = async (site, signal) => {
  say(site, 'connecting');
  const from = site.position === undefined ? '&from=start' : '&after=' + encodeURIComponent(site.position);
  if (site.position === undefined) beginAgain(site);
  const response = await open(site, '/events?state=true' + from, signal);
  if (response.status === 410) {
    beginAgain(site);
    return 'events are missing, reading it from the start';
  }
  if (!response.ok) return refusal(site, response);
  say(site, connected);
  await readEvents(response.body, onMessage(site));
  return 'the connection ended';
};

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const waiting = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(waiting); resolve(); });
  });

const follow = async (site) => {
  site.over?.abort();
  site.over = new AbortController();
  const { signal } = site.over;
  while (!signal.aborted) {
    const why = await followOnce(site, signal).catch(
      () => 'it cannot be reached, or its CORS_ORIGINS has no ' + location.origin,
    );
    if (signal.aborted) return;
    site.tries += 1;
    const waitMs = Math.min(10000, 250 * 2 ** site.tries) * (0.5 + Math.random());
    say(site, 'not connected: ' + why, true);
    await pause(waitMs, signal);
  }
};

// a site that sent nothing of a thing may have dropped out of the newest rows: ask it once
const ask = async (site, row) => {
  const address = '/' + encodeURIComponent(row.id) + '/events?state=true&from=start&until=now';
  const response = await open(site, address, AbortSignal.timeout(10000));
  if (!response.ok) return;
  await readEvents(response.body, (kind, _, data) => { if (kind === 'message') take(site, JSON.parse(data)); });
};

const askForUnknown = async () => {
  const due = newestFirst().slice(0, rowsMax).filter((row) => Date.now() - row.seenAt > askAfterMs);
  const unknown = due.flatMap((row) => sites.filter((site) => !row.cells.has(site)).map((site) => [site, row]));
  await Promise.all(unknown.slice(0, asksMax).map(async ([site, row]) => {
    row.cells.set(site, { version: 0, text: '', isGone: true });
    await ask(site, row).catch(() => row.cells.delete(site)); // later again
  }));
  setTimeout(askForUnknown, 1000);
};

const openSite = (name) => {
  const key = document.createElement('input');
  Object.assign(key, { type: 'password', autocomplete: 'off', placeholder: 'key, only where keys are needed' });
  const own = { url: name.replace(/\\/+$/, ''), key, status: make('small', ''), isConnected: false };
  const site = { ...own, position: undefined, tries: 0 };
  const head = make('th', name + ' ');
  head.append(document.createElement('br'), site.status, document.createElement('br'), key);
  key.onchange = () => { site.tries = 0; follow(site); };
  at('heads').append(head);
  return site;
};

at('form').onsubmit = (submitted) => {
  submitted.preventDefault();
  const wanted = at('sites').value.split(/[\\s,]+/).filter((text) => text !== '');
  const query = new URLSearchParams(wanted.map((text) => ['site', text]));
  query.append('entity', at('entity').value);
  location.search = String(query);
};

at('sites').value = names.join(' ') || location.origin;
if ([...at('entity').options].some(({ value }) => value === asked.get('entity')))
  at('entity').value = asked.get('entity');
if (names.length > 0) at('heads').append(make('th', 'thing'), make('th', 'compared'));
const sites = names.map(openSite);
if (names.length > 0 && path === undefined)
  at('summary').textContent = 'name an entity of this site with entity=, or its address with path=/api/…';
else if (names.length > 0) {
  at('summary').textContent = 'reading';
  for (const site of sites) follow(site);
  askForUnknown();
}
`;
