import { isDeepStrictEqual } from 'node:util';
import { codeBlocksOf } from './read-markdown.ts';

/** The reply that an example states. In a header or a text of the body, `…` stands for any text. */
export type Shown = { status: number; headers: [name: string, value: string][]; body: unknown };

/** A `curl` command of a document, its line number, and the reply that the comments below it state. */
export type CurlExample = { line: number; command: string; shown: Shown | undefined };

/** A reply as `curl -i` prints it. */
export type CurlReply = { status: number; headers: Map<string, string>; body: string };

/**
 * Returns the `curl` commands in the `sh` blocks of a Markdown text. Comments below a command state its reply: first
 * `# 201, ETag: "1"`, then optionally the body `# {"id":"a"}`. Pure.
 */
export const curlExamplesOf = (markdown: string): CurlExample[] =>
  codeBlocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ line, text }) => examplesOf(text.split('\n'), line));

/** Parses a reply that `curl -i` printed. Pure. */
export const parseCurlReply = (output: string): CurlReply => {
  const [head = '', ...rest] = output.split(/\r?\n\r?\n/);
  const [first = '', ...rows] = head.split(/\r?\n/);
  const headers = rows.map((row): [string, string] => [
    row.slice(0, row.indexOf(':')).toLowerCase(),
    row.slice(row.indexOf(':') + 1).trim(),
  ]);
  return { status: Number(first.split(' ')[1]), headers: new Map(headers), body: rest.join('\n\n') };
};

/** Returns the differences between a reply and the document, one sentence each. Pure. */
export const findDifferences = ({ status, headers, body }: Shown, reply: CurlReply): string[] => [
  ...(status === reply.status ? [] : [`the status is ${reply.status}, not ${status}`]),
  ...headers.flatMap(([name, value]) => {
    const actual = reply.headers.get(name.toLowerCase());
    return isTextShown(value, actual) ? [] : [`the header ${name} is ${actual ?? 'missing'}, not ${value}`];
  }),
  ...(body === undefined || isShown(body, parseBody(reply.body)) ? [] : [`the body is ${reply.body}`]),
];

const examplesOf = (rows: string[], firstLine: number): CurlExample[] => {
  const examples: CurlExample[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    if (!rows[index]?.startsWith('curl ')) continue;
    const line = firstLine + index;
    const words = [];
    while (rows[index]?.endsWith('\\')) words.push(rows[index++]?.slice(0, -1));
    words.push(rows[index]);
    examples.push({ line, command: words.join(''), shown: shownIn(rows[index + 1], rows[index + 2]) });
  }
  return examples;
};

const shownIn = (first = '', second = ''): Shown | undefined => {
  const [, status, rest = ''] = /^# (\d{3})(?:, (.*))?$/.exec(first) ?? [];
  if (!status) return undefined;
  const headers = rest
    .split(/, (?=[A-Z][A-Za-z-]*: )/)
    .filter((header) => header !== '')
    .map((header): [string, string] => [header.slice(0, header.indexOf(': ')), header.slice(header.indexOf(': ') + 2)]);
  const body = /^# [[{]/.test(second) ? JSON.parse(second.slice(2)) : undefined;
  return { status: Number(status), headers, body };
};

const parseBody = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const isShown = (shown: unknown, actual: unknown): boolean => {
  if (typeof shown === 'string') return isTextShown(shown, actual);
  if (typeof shown !== 'object' || shown === null) return isDeepStrictEqual(shown, actual);
  if (typeof actual !== 'object' || actual === null || Array.isArray(shown) !== Array.isArray(actual)) return false;
  const names = new Set([...Object.keys(shown), ...Object.keys(actual)]);
  return [...names].every((name) => isShown(Reflect.get(shown, name), Reflect.get(actual, name)));
};

const isTextShown = (shown: string, actual: unknown): boolean =>
  typeof actual === 'string' && new RegExp(`^${shown.split('…').map(escapeText).join('[\\s\\S]*')}$`).test(actual);

const escapeText = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
