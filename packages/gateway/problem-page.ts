import { createHash } from 'node:crypto';
import { type Entity, engineProblemNames, faultCodes } from '@muster/model';
import { declaredProblemsOf } from './declared-problems.ts';
import { typeOf } from './problem.ts';
import { problems } from './problems.ts';

/** What a page says of a problem. `entity` is the one that declares it. */
export type ProblemPage = {
  type: string;
  status: number;
  title: string;
  entity?: string;
  happened: string;
  why: string;
  todo: string;
  curl: string;
  codes?: Readonly<Record<string, string>>;
};

/** Returns the pages of all problems that a service with these entities can answer with. */
export const problemPages = (entities: readonly Entity[]): ProblemPage[] => [
  ...engineProblemNames.map((name): ProblemPage => {
    const { status, title, happened, why, todo, curl } = problems[name];
    return {
      ...{ type: typeOf(name), status, title: title.replace('{entity}', 'thing'), happened, why, todo },
      curl: curl.replace('{path}', entities[0]?.path ?? '/api/thing'),
      ...(name === 'invalid-input' ? { codes: faultCodes } : {}),
    };
  }),
  ...entities.flatMap(declaredProblemsOf).map(
    ({ name, status, title, entity, path }): ProblemPage => ({
      ...{ type: typeOf(name), status, title, entity },
      happened: 'The command was not carried out. Nothing has changed.',
      why: `The state of the ${entity} does not allow the command. "detail" says more about this case.`,
      todo: `Read the ${entity}, and decide again.`,
      curl: `curl -i http://localhost:3000${path}/some-id`,
    }),
  ),
];

const style = [
  'body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}',
  'h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}dt{font-weight:600}dd{margin:0 0 .7rem}',
  'pre{background:#f3f3f3;padding:.7rem;overflow-x:auto}code{font-family:ui-monospace,monospace}',
].join('');

/** The policy of these pages: nothing but their one style, which its hash names. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join(';');

/** Writes the page of one problem as HTML. Several entities may declare one of the same name. */
export const writeProblemPage = (pages: readonly ProblemPage[]): string =>
  writePage(
    pages[0]?.title ?? '',
    [...pages.map(writeSection), '<p><a href="/problems">All problems</a> · <a href="/docs">The API</a></p>'].join(''),
  );

/** Writes the list of all problems as HTML. */
export const writeProblemList = (pages: readonly ProblemPage[]): string =>
  writePage(
    'Problems',
    `<h1>Problems</h1><ul>${pages
      .map(({ type, status, title }) => `<li><a href="${escapeHtml(type)}">${status} ${escapeHtml(title)}</a></li>`)
      .join('')}</ul><p><a href="/docs">The API</a></p>`,
  );

const writeSection = ({ type, status, title, entity, happened, why, todo, curl, codes }: ProblemPage): string =>
  [
    `<h1>${status} ${escapeHtml(title)}</h1><p><code>${escapeHtml(type)}</code>`,
    entity ? `, declared by the entity <code>${escapeHtml(entity)}</code></p>` : '</p>',
    `<h2>What happened</h2><p>${escapeHtml(happened)}</p>`,
    `<h2>Why</h2><p>${escapeHtml(why)}</p>`,
    `<h2>What to do</h2><p>${escapeHtml(todo)}</p><pre><code>${escapeHtml(curl)}</code></pre>`,
    codes ? `<h2>The codes in “errors”</h2><dl>${Object.entries(codes).map(writeCode).join('')}</dl>` : '',
  ].join('');

const writeCode = ([code, meaning]: [string, string]) =>
  `<dt><code>${escapeHtml(code)}</code></dt><dd>${escapeHtml(meaning)}</dd>`;

const writePage = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>` +
  `<meta name="viewport" content="width=device-width"><style>${style}</style></head><body>${body}</body></html>\n`;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? '');
