/**
 * The headers of a request that the fast road knows. Missing ones are empty texts. `bodyBytes` is 0 without a body.
 */
export type Head = {
  host: string;
  requestId: string;
  authorization: string;
  trace: string;
  ifMatch: string;
  ifNoneMatch: string;
  minVersion: string;
  contentType: string;
  bodyBytes: number;
};

type Known =
  | 'ignored'
  | 'accept'
  | 'connection'
  | 'host'
  | 'requestId'
  | 'authorization'
  | 'trace'
  | 'ifMatch'
  | 'ifNoneMatch'
  | 'minVersion'
  | 'contentType'
  | 'bodyBytes';

// the spellings of common clients, so that most names need no conversion
const known = new Map<string, Known>();
const know = (kind: Known, ...names: string[]) => {
  for (const name of names) known.set(name, kind).set(name.toLowerCase(), kind);
};
know('accept', 'Accept');
know('ignored', 'User-Agent', 'Accept-Encoding', 'Accept-Language', 'Sec-Fetch-Mode');
know('connection', 'Connection');
know('host', 'Host');
know('requestId', 'X-Request-Id');
know('authorization', 'Authorization');
know('trace', 'traceparent', 'Traceparent');
know('ifMatch', 'If-Match');
know('ifNoneMatch', 'If-None-Match');
know('minVersion', 'Muster-Min-Version');
know('contentType', 'Content-Type');
know('bodyBytes', 'Content-Length');

/**
 * Parses the headers of a request. Returns undefined if there is one that the fast road does not know, or one that
 * matters and comes twice: such a request is for Koa.
 */
export const parseHead = (rawHeaders: readonly string[]): Head | undefined => {
  const head: Head = {
    host: '',
    requestId: '',
    authorization: '',
    trace: '',
    ifMatch: '',
    ifNoneMatch: '',
    minVersion: '',
    contentType: '',
    bodyBytes: 0,
  };
  let hasLength = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const kind = known.get(name) ?? known.get(name.toLowerCase());
    switch (kind) {
      case 'ignored':
        break;
      case 'accept':
        if (/vnd\.api|event-stream/i.test(value)) return undefined; // another form of answer
        break;
      case 'contentType':
        if (head.contentType !== '' || /vnd\.api/i.test(value)) return undefined;
        head.contentType = value;
        break;
      case 'connection':
        if (value !== 'keep-alive') return undefined;
        break;
      case 'bodyBytes':
        if (hasLength || !/^\d{1,6}$/.test(value)) return undefined;
        hasLength = true;
        head.bodyBytes = Number(value);
        break;
      case undefined:
        return undefined;
      default:
        if (head[kind] !== '') return undefined;
        head[kind] = value;
    }
  }
  return head;
};
