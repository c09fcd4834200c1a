/** What a JSON text has at a place: the name of a member, or a number as it is written. */
export type JsonToken = { kind: 'name'; isRepeated: boolean } | { kind: 'number'; literal: string };

/**
 * Returns the JSON pointer (RFC 6901) of the first name or number in a JSON text that is wanted, or undefined. The text
 * must be valid JSON. A long pointer is cut. Pure.
 */
export const findInJson = (text: string, isWanted: (token: JsonToken) => boolean): string | undefined => {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    const level = levels.at(-1);
    if (sign === '{') levels.push({ names: new Set(), step: '' });
    else if (sign === '[') levels.push({ names: undefined, step: 0 });
    else if (sign === '}' || sign === ']') levels.pop();
    else if (sign === ',' && typeof level?.step === 'number') level.step += 1;
    else {
      const end = endOfToken(text, at);
      const token = level && tokenOf(level, text, at, end);
      if (token && isWanted(token)) return pointerOf(levels);
      at = end - 1;
    }
  }
  return undefined;
};

/** An object or array around the current position. `names` is undefined in an array. */
type Level = { names: Set<string> | undefined; step: string | number };

const endOfToken = (text: string, from: number): number =>
  text[from] === '"' ? endOfText(text, from) + 1 : from + Math.max(1, numberAt(text, from).length);

/** Returns the position of the quote that ends the text which begins at `from`. */
export const endOfText = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
};

const [quote, backslash] = [0x22, 0x5c];
const number = /-?\d[\d.eE+-]*/y;
const untilColon = /[ \t\r\n]*:/y;

const numberAt = (text: string, from: number): string => {
  number.lastIndex = from;
  return number.exec(text)?.[0] ?? '';
};

/** Returns the token between two positions, and notes the name of a member. Undefined for all other signs. */
const tokenOf = (level: Level, text: string, begin: number, end: number): JsonToken | undefined => {
  const written = text.slice(begin, end);
  if (/^[-\d]/.test(written)) return { kind: 'number', literal: written };
  untilColon.lastIndex = end;
  if (!level.names || !written.startsWith('"') || !untilColon.test(text)) return undefined;
  const name = String(JSON.parse(written));
  const isRepeated = level.names.has(name);
  level.step = name;
  level.names.add(name);
  return { kind: 'name', isRepeated };
};

const pointerOf = (levels: readonly Level[]): string => {
  const steps = levels.map(({ step }) => String(step).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
  return steps
    .map((step) => `/${step.slice(0, stepMax)}`)
    .slice(0, stepsMax)
    .join('');
};

// an answer must not grow with what comes in
const stepMax = 200;
const stepsMax = 50;
