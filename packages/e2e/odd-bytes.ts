// Requests as bytes: plain ones, and others that a careless parser would read in another way than Node's.

const head = (line: string, ...headers: string[]) => [line, 'Host: muster', ...headers, '', ''].join('\r\n');
const body = '{"group":2}';
const json = 'Content-Type: application/json';
const length = `Content-Length: ${body.length}`;

export const read = head('GET /api/user/{id} HTTP/1.1', 'X-Request-Id: r');
const creating = (id: string) => {
  const sent = `{"id":"${id}","name":"Ada","email":"ada@example.com","group":1}`; // {id} is replaced by four letters
  return `${head('POST /api/user HTTP/1.1', 'X-Request-Id: c', json, `Content-Length: ${sent.length}`)}${sent}`;
};
export const create = creating('{id}');
export const createOther = creating('{id}-2');
export const update = `${head('PUT /api/user/{id} HTTP/1.1', 'X-Request-Id: u', json, length)}${body}`;
export const removeOther = head('DELETE /api/user/never-{id} HTTP/1.1', 'X-Request-Id: d');

const put = (...headers: string[]) => `${head('PUT /api/user/{id} HTTP/1.1', 'X-Request-Id: o', ...headers)}${body}`;
const get = (line: string, ...headers: string[]) => head(line, 'X-Request-Id: o', ...headers);

export const oddRequests: readonly string[] = [
  ...['\r\n', ' ', '\t', '\n'].map((before) => before + read),
  ...[' \r\n', '\n', '\r', '\r\n\r\n\r\n'].map((after) => read.replace(/\r\n\r\n$/, after)),
  read.replaceAll('\r\n', '\n'),
  read.replaceAll('\r\n', '\r'),
  read.replace('\r\nHost', '\nHost'),
  read.replace('Host: muster\r\n', ''),
  read.replace('Host: muster', 'Host: muster\r\nHost: other'),
  read.replace('Host: muster', 'Host:'),
  read.replace('Host: muster', 'host:muster'),
  read.replace('Host: muster', 'Host : muster'),
  read.replace('Host: muster', 'Host: muster\r\n folded'),
  read.replace('Host: muster', 'Host: mus\0ter'),
  read.replace('X-Request-Id: r', 'X-Request-Id: r\x0b'),
  read.replace('X-Request-Id: r', 'X-Request-Id:  r  '),
  read.replace('X-Request-Id: r', 'X-Request-Id: \xe9'),
  read.replace('X-Request-Id: r', 'X-Request-Id: a\r\nX-Request-Id: b'),
  read.replace('X-Request-Id: r', `X-Request-Id: ${'r'.repeat(3_000)}`),
  read.replace('X-Request-Id: r', `User-Agent: ${'r'.repeat(20_000)}`),
  ...['GET', 'get', 'G\0T', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', ''].map((method) =>
    get(`${method} /api/user/{id} HTTP/1.1`),
  ),
  ...['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', ''].map((version) =>
    get(`GET /api/user/{id} ${version}`),
  ),
  get('GET  /api/user/{id} HTTP/1.1'),
  get('GET /api/user/{id}\tHTTP/1.1'),
  get('GET http://muster/api/user/{id} HTTP/1.1'),
  get('GET api/user/{id} HTTP/1.1'),
  get('GET /api/user/{id}#x HTTP/1.1'),
  get('GET /api/user/{id}?x=1 HTTP/1.1'),
  get('GET /api/user/{id} HTTP/1.1', 'Content-Length: 0'),
  `${get('GET /api/user/{id} HTTP/1.1', length)}${body}`,
  get('GET /api/user/{id} HTTP/1.1', 'Transfer-Encoding: chunked'),
  get('GET /api/user/{id} HTTP/1.1', 'Connection: close'),
  get('GET /api/user/{id} HTTP/1.1', 'Connection: keep-alive'),
  get('GET /api/user/{id} HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'),
  get('GET /api/user/{id} HTTP/1.1', 'Expect: 100-continue'),
  get('GET /api/user/{id} HTTP/1.1', 'If-None-Match: "1"'),
  put(json, length, length),
  put(json, length, 'Content-Length: 5'),
  put(json, 'Content-Length: 0', length),
  get('GET /api/user/{id} HTTP/1.1', 'Content-Length: 0', 'Content-Length: 0'),
  put(json, length, 'Transfer-Encoding: chunked'),
  put(json, 'Transfer-Encoding: chunked', length),
  put(json, 'Transfer-Encoding : chunked', length),
  put(json, 'Content-Length: +11'),
  put(json, 'Content-Length: 0x0b'),
  put(json, 'Content-Length: 011'),
  put(json, 'Content-Length: 1 1'),
  put(json, 'Content-Length: -1'),
  put(json, 'Content-Length: 5'), // the rest of the body is the start of the next request
  put(json, 'Content-Length: 0'),
  put(json),
  put(length),
  put(json, `${length},${body.length}`),
  put('Content-Type: application/json; charset=utf-8', length),
  put('Content-Type: text/plain', length),
  put(json, length, 'Content-Encoding: gzip'),
  put(json, length, 'Expect: 100-continue'),
  put(json, length, 'If-Match: "1"'),
];

const interesting = ['\r', '\n', '\r\n', ':', ' ', '\t', '\0', '/', '"', '0', '9', 'A', ',', '%', '\x80', '\x7f', ''];

/** Returns a plain request with one or two changed places, or random cuts of plain requests. */
export const drawPieces = (random: () => number): string[] => {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  if (random() < 0.4) return cutAt([read, createOther, read, removeOther, read].join(''), random);
  let text = pick([read, update, createOther]);
  for (let changes = random() < 0.7 ? 1 : 2; changes > 0; changes -= 1) {
    const at = Math.floor(random() * text.length);
    text = text.slice(0, at) + pick(interesting) + text.slice(at + (random() < 0.5 ? 1 : 0));
  }
  return [text];
};

const cutAt = (text: string, random: () => number): string[] => {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = random() < 0.3 ? text.length : from + 1 + Math.floor(random() * 150);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
};
