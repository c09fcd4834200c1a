/**
 * Returns the JSON pointer of the first member of an object in a JSON text whose name came before in that object.
 * `value` is what the text was parsed to. Two readers of such a text may see two things (RFC 8259, 4). Undefined if
 * there is none, as is usual: then it costs one pass over the text and one over the value.
 */
export const findRepeated = (text: string, value: unknown): string | undefined =>
  countColons(text) === countMembers(value) ? undefined : findPointer(text);

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** Counts the colons outside texts: one for each member. */
const countColons = (text: string): number => {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfText(text, at);
    else if (code === colon) count += 1;
  }
  return count;
};

/** Returns the position of the quote that ends the text which begins at `from`. */
const endOfText = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
};

// a stack instead of recursion: a body may be nested very deeply
const countMembers = (value: unknown): number => {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null) continue;
    const inner: unknown[] = Object.values(one);
    if (!Array.isArray(one)) count += inner.length;
    for (const each of inner) if (typeof each === 'object' && each !== null) left.push(each);
  }
  return count;
};

/** An object or array around the current position. `names` is undefined in an array. */
type Level = { names: Set<string> | undefined; step: string | number };

const findPointer = (text: string): string | undefined => {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const level = levels.at(-1);
    const sign = text[at];
    if (sign === '{') levels.push({ names: new Set(), step: '' });
    else if (sign === '[') levels.push({ names: undefined, step: 0 });
    else if (sign === '}' || sign === ']') levels.pop();
    else if (sign === ',' && typeof level?.step === 'number') level.step += 1;
    else if (sign === '"') {
      const end = endOfText(text, at) + 1;
      if (level && isRepeatedName(level, text, at, end)) return pointerOf(levels);
      at = end - 1;
    }
  }
  return undefined;
};

const untilColon = /[ \t\r\n]*:/y;

/** Whether the text between two positions names a member that this object has already. Notes the name otherwise. */
const isRepeatedName = (level: Level, text: string, begin: number, end: number): boolean => {
  untilColon.lastIndex = end;
  if (!level.names || !untilColon.test(text)) return false;
  const name = JSON.parse(text.slice(begin, end)) as string;
  level.step = name;
  if (level.names.has(name)) return true;
  level.names.add(name);
  return false;
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
