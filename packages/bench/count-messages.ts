/** Each message of the feed has this once, over server-sent events and over WebSocket. */
export const messageMark = '"specversion"';

/** How many messages began in some bytes. `rest` may be the begin of one: it belongs before the next bytes. */
export type Counted = { count: number; rest: Buffer | undefined };

/** Counts the messages in bytes of a connection, behind the `rest` of the bytes before. Parses nothing. Pure. */
export const countMessages = (rest: Buffer | undefined, bytes: Buffer): Counted => {
  const all = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
  let count = 0;
  for (let at = all.indexOf(messageMark); at >= 0; at = all.indexOf(messageMark, at + messageMark.length)) count += 1;
  return { count, rest: restOf(all) };
};

// a part of the mark has only its first quotation mark, so the last one of the bytes begins it
const restOf = (all: Buffer): Buffer | undefined => {
  const from = all.lastIndexOf('"');
  if (from < 0 || all.length - from >= messageMark.length) return undefined;
  const end = all.subarray(from);
  return messageMark.startsWith(end.toString('latin1')) ? Buffer.from(end) : undefined;
};

/** When the requests were due that these bytes have events of. See the recipe `timed`. */
export type Timed = { dueAts: number[]; rest: string };

const restMax = 40; // more than a name with a time

/** Finds the times in the names of new users, behind the `rest` of the text before. Pure. */
export const findTimes = (rest: string, text: string): Timed => {
  const all = rest + text;
  const found = [...all.matchAll(/"name":"t(\d+\.\d+)"/g)];
  const last = found.at(-1);
  const end = last === undefined ? 0 : last.index + last[0].length;
  return { dueAts: found.map(([, time]) => Number(time)), rest: all.slice(Math.max(end, all.length - restMax)) };
};
