import { type Head, parseHead } from './parse-head.ts';

/** A request that the fast road may take. */
export type PlainRequest = { method: string; url: string; head: Head; body: Buffer | undefined };

/** The headers of the last request on a connection, as they were sent, and parsed. Changed only in this file. */
export type LastHead = { text: string; head: Head | undefined };

export const openLastHead = (): LastHead => ({ text: '', head: undefined });

// With longer heads, or in another spelling, a request is for Node's parser. All parsers agree on these few forms.
const headBytesMax = 2_048;
const requestLine = /^(GET|POST|PUT|DELETE) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const headerLine = /^([A-Za-z-]+): ([\x21-\x7e]|[\x21-\x7e][\x20-\x7e]*[\x21-\x7e])$/;
const lineEnd = '\r\n';
const headEnd = '\r\n\r\n';

/**
 * Parses the bytes of a whole request. Returns undefined if they are more or less than that, or if there is anything in
 * them that needs care: a header that the fast road does not know, white space in an unusual place, a body without a
 * length. Clients mostly repeat their headers, so those that equal the last ones of the connection are not parsed.
 */
export const parsePlainRequest = (bytes: Buffer, last: LastHead): PlainRequest | undefined => {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, headBytesMax));
  const end = text.indexOf(headEnd);
  const firstEnd = text.indexOf(lineEnd);
  if (end < 0 || firstEnd === end) return undefined;
  const line = requestLine.exec(text.slice(0, firstEnd));
  const head = line && headOf(text.slice(firstEnd + lineEnd.length, end), last);
  const bodyAt = end + headEnd.length;
  if (!line || !head || bytes.length !== bodyAt + head.bodyBytes) return undefined;
  const body = head.bodyBytes > 0 ? bytes.subarray(bodyAt) : undefined;
  return { method: line[1] as string, url: line[2] as string, head, body };
};

const headOf = (text: string, last: LastHead): Head | undefined => {
  if (text === last.text) return last.head;
  const rawHeaders: string[] = [];
  for (const line of text.split(lineEnd)) {
    const header = headerLine.exec(line);
    if (!header) return undefined;
    rawHeaders.push(header[1] as string, header[2] as string);
  }
  const head = parseHead(rawHeaders);
  if (!head?.host) return undefined;
  last.text = text;
  last.head = head;
  return head;
};
