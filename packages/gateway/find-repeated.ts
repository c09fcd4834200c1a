import { endOfText, findInJson } from './find-in-json.ts';

/**
 * Returns the JSON pointer of the first member of an object in a JSON text whose name came before in that object.
 * `value` is what the text was parsed to. Two readers of such a text may see two things (RFC 8259, 4). Undefined if
 * there is none, as is usual: then it costs one pass over the text and one over the value.
 */
export const findRepeated = (text: string, value: unknown): string | undefined =>
  countColons(text) === countMembers(value)
    ? undefined
    : findInJson(text, (token) => token.kind === 'name' && token.isRepeated);

const [quote, colon] = [0x22, 0x3a];

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
