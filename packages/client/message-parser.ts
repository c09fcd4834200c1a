/** A parser of server-sent events. A plain value; only this file changes it. */
export type MessageParser = {
  decoder: InstanceType<typeof TextDecoder>;
  held: string; // the begin of a line whose end has not come
  endedByCr: boolean; // the last line ended with CR, and an LF that follows belongs to it
  data: string[]; // the lines of the current message
  dataChars: number;
  event: string;
  id: string;
  hasId: boolean; // the current message has one
  charsMax: number;
};

/** What a stream of server-sent events says. After `too-long` nothing more comes. */
export type Said =
  | { kind: 'message'; event: string; data: string; id: string }
  | { kind: 'id'; id: string } // an id without data
  | { kind: 'retry'; retryMs: number }
  | { kind: 'too-long' };

export const openMessageParser = (charsMax: number): MessageParser => ({
  ...{ decoder: new TextDecoder(), held: '', endedByCr: false, charsMax },
  ...{ data: [], dataChars: 0, event: '', id: '', hasId: false },
});

/**
 * Parses the next bytes of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html says. Returns
 * what is complete with them. A message of more than `charsMax` characters ends in `too-long`.
 */
export const parseBytes = (parser: MessageParser, bytes: Uint8Array): Said[] => {
  const said: Said[] = [];
  const text = parser.decoder.decode(bytes, { stream: true });
  if (text === '') return said;
  let from = parser.endedByCr && text.startsWith('\n') ? 1 : 0;
  parser.endedByCr = false;
  for (const { index, 0: lineEnd } of text.matchAll(/\r\n?|\n/g)) {
    if (index < from) continue;
    const line = parser.held + text.slice(from, index);
    parser.held = '';
    from = index + lineEnd.length;
    parser.endedByCr = lineEnd === '\r' && from === text.length;
    takeLine(parser, line, said);
    if (parser.dataChars > parser.charsMax) return [...said, { kind: 'too-long' }];
  }
  parser.held += text.slice(from);
  if (parser.dataChars + parser.held.length > parser.charsMax) said.push({ kind: 'too-long' });
  return said;
};

const takeLine = (parser: MessageParser, line: string, said: Said[]): void => {
  if (line === '') return endMessage(parser, said);
  const colon = line.indexOf(':');
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
  switch (name) {
    case 'data':
      parser.data.push(value);
      parser.dataChars += line.length;
      return;
    case 'event':
      parser.event = value;
      return;
    case 'id':
      if (value.includes('\0')) return;
      parser.id = value;
      parser.hasId = true;
      return;
    case 'retry':
      if (/^[0-9]+$/.test(value)) said.push({ kind: 'retry', retryMs: Number(value) });
      return;
  }
};

const endMessage = (parser: MessageParser, said: Said[]): void => {
  const { data, event, id, hasId } = parser;
  if (data.length > 0) said.push({ kind: 'message', event: event || 'message', data: data.join('\n'), id });
  else if (hasId) said.push({ kind: 'id', id });
  parser.data = [];
  parser.dataChars = 0;
  parser.event = '';
  parser.hasId = false;
};
