import type { Entity } from '@muster/model';

// A page that shows the events of an entity as they happen. It needs nothing but a browser.

/** Returns the page for these entities. Its script is a file, as the page allows no scripts of its own. Pure. */
export const writeLivePage = (entities: readonly Pick<Entity, 'name' | 'path'>[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Muster live</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body{font:15px system-ui,sans-serif;margin:1.5rem;max-width:70rem}li{margin:.3rem 0}time{color:#666}
pre{display:inline;white-space:pre-wrap;word-break:break-word}ol{padding:0;list-style:none}[hidden]{display:none}
#notes{color:#a00}</style></head>
<body><h1>Live</h1>
<form id="form"><label>Entity <select id="entity">${entities.map(optionOf).join('')}</select></label>
<label>Key <input id="key" type="password" autocomplete="off" placeholder="only where keys are needed"></label>
<button>Follow</button></form>
<p><b id="status" role="status">not connected</b>: <span id="count">0</span> events<span id="older"></span></p>
<ul id="notes"></ul><ol id="rows"></ol><script src="/docs/live.js"></script></body></html>
`;

// names and addresses of entities have letters, digits, - and / only
const optionOf = ({ name, path }: Pick<Entity, 'name' | 'path'>): string =>
  `<option data-path="${path}">${name}</option>`;

/**
 * Follows the feed of the chosen entity over a WebSocket. It resumes behind the last event after a gap, says what it
 * could not resume, and keeps the newest rows only.
 */
export const liveScript = `'use strict';
const rowsMax = 200;
const seenMax = 5000;
const at = (id) => document.getElementById(id);
const follow = { socket: undefined, entity: '', position: undefined, tries: 0, count: 0, seen: new Set(), turn: 0 };

const say = (text) => { at('status').textContent = text; };
const note = (text) => {
  const line = document.createElement('li');
  line.textContent = new Date().toISOString() + ' ' + text;
  at('notes').prepend(line);
  while (at('notes').children.length > 20) at('notes').lastChild.remove();
};

const show = (event) => {
  const name = event.source + '#' + event.version;
  if (follow.seen.has(name)) return; // an event may come twice
  follow.seen.add(name);
  if (follow.seen.size > seenMax) follow.seen.delete(follow.seen.values().next().value);
  follow.count += 1;
  const row = document.createElement('li');
  const [time, what, content] = ['time', 'b', 'pre'].map((tag) => document.createElement(tag));
  time.textContent = event.time + ' ';
  what.textContent = event.type + ' ' + event.subject + ' v' + event.version + ' ';
  content.textContent = JSON.stringify(event.state ?? event.data ?? null); // never as HTML
  row.append(time, what, content);
  at('rows').prepend(row);
  while (at('rows').children.length > rowsMax) at('rows').lastChild.remove();
  at('count').textContent = String(follow.count);
  at('older').textContent = follow.count > rowsMax ? ', the newest ' + rowsMax + ' are below' : '';
};

const take = ({ event, id, data }) => {
  if (id) follow.position = id;
  follow.tries = 0;
  if (event === 'message' || event === 'bookmark') say('following');
  if (event === 'message') return show(data);
  if (event === 'bookmark') return undefined;
  if (event === 'end') {
    if (data.position) follow.position = data.position;
    const isLost = data.reason === 'position-lost' || data.reason === 'log-replaced';
    if (isLost) begin('the database no longer has the place: events are missing');
    return note('the subscription ended: ' + data.reason);
  }
  if (event === 'problem') {
    if (/position-too-old/.test(data.type)) begin('the gap was too long: events are missing');
    return note(data.title + ': ' + data.detail);
  }
  return undefined;
};

const begin = (why) => {
  note(why + '. Going on with what happens now');
  follow.position = undefined;
};

const connect = () => {
  const turn = follow.turn;
  const key = at('key').value;
  const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
  const protocols = key ? ['muster', 'muster.key.' + key] : ['muster'];
  const socket = new WebSocket(scheme + location.host + '/api/live', protocols);
  follow.socket = socket;
  say('connecting');
  socket.onopen = () => {
    say('connected');
    const { path } = at('entity').selectedOptions[0].dataset;
    const position = follow.position === undefined ? {} : { after: follow.position };
    socket.send(JSON.stringify({ subscribe: 'page', to: path + '/events?state=true', ...position }));
  };
  socket.onmessage = ({ data }) => take(JSON.parse(data));
  socket.onclose = ({ code }) => {
    if (turn !== follow.turn) return; // another entity was chosen
    follow.tries += 1;
    const waitMs = Math.min(10000, 250 * 2 ** follow.tries) * (0.5 + Math.random());
    say('not connected (code ' + code + '), next try in ' + Math.round(waitMs) + ' ms');
    setTimeout(() => { if (turn === follow.turn) connect(); }, waitMs);
  };
};

const start = () => {
  follow.turn += 1;
  if (follow.socket) follow.socket.close();
  Object.assign(follow, { position: undefined, tries: 0, count: 0, seen: new Set() });
  at('rows').replaceChildren();
  at('notes').replaceChildren();
  at('count').textContent = '0';
  at('older').textContent = '';
  connect();
};

at('form').onsubmit = (submitted) => { submitted.preventDefault(); start(); };
const wanted = new URLSearchParams(location.search).get('entity');
if ([...at('entity').options].some(({ value }) => value === wanted)) {
  at('entity').value = wanted;
  start();
}
`;
