/** One HTTP answer at the start of some bytes. `end` is where it ends. */
export type HttpAnswer = { status: number; bodyFrom: number; end: number; isLast: boolean };

/**
 * Parses the HTTP answer at the start of these bytes. Returns undefined when it is not whole yet. The generator reads
 * only answers with a Content-Length, and those without a body. Throws for all others. Pure.
 */
export const parseAnswer = (bytes: Buffer): HttpAnswer | undefined => {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const length = lengthOf(head, status);
  const bodyFrom = headEnd + 4;
  const end = bodyFrom + length;
  if (bytes.length < end) return undefined;
  return { status, bodyFrom, end, isLast: closing.test(head) };
};

const lengthOf = (head: string, status: number): number => {
  const found = contentLength.exec(head)?.[1];
  if (found !== undefined) return Number(found);
  if (status === 204 || status === 304) return 0;
  throw new Error(`Cannot read an answer ${status} without Content-Length: ${head.slice(0, 200)}`);
};

const contentLength = /\r\ncontent-length: *(\d+)/i;
const closing = /\r\nconnection: *close/i;
