/** A fenced block of a Markdown file: its language, the line number of its first row (from 1), and its rows. */
export type CodeBlock = { language: string; line: number; text: string };

/** A link of a Markdown file, and its line number. */
export type Link = { line: number; target: string };

/** Returns the fenced code blocks of a Markdown text, in order. Pure. */
export const codeBlocksOf = (markdown: string): CodeBlock[] => {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; language: string; line: number; rows: string[] } | undefined;
  for (const [index, row] of markdown.split('\n').entries()) {
    const [, fence, language] = /^(`{3,})\s*(\w*)/.exec(row) ?? [];
    if (!open && fence) open = { fence, language: language ?? '', line: index + 2, rows: [] };
    else if (open && row.trimEnd() === open.fence) {
      blocks.push({ language: open.language, line: open.line, text: open.rows.join('\n') });
      open = undefined;
    } else open?.rows.push(row);
  }
  return blocks;
};

/** Returns the links of a Markdown text, except links in code. Pure. */
export const linksOf = (markdown: string): Link[] =>
  withoutCode(markdown)
    .split('\n')
    .flatMap((row, index) =>
      [...row.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => ({ line: index + 1, target })),
    );

/** Returns the anchors that a code host generates for headings: `## What is where?` → `what-is-where`. Pure. */
export const anchorsOf = (markdown: string): Set<string> => {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(markdown).matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const anchor = slugOf(heading);
    let unique = anchor;
    for (let number = 1; anchors.has(unique); number += 1) unique = `${anchor}-${number}`;
    anchors.add(unique);
  }
  return anchors;
};

const slugOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

// keeps the rows, so that line numbers stay correct
const withoutBlocks = (markdown: string) =>
  markdown.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, (block) => block.replace(/[^\n]/g, ''));

const withoutCode = (markdown: string) => withoutBlocks(markdown).replace(/`[^`\n]*`/g, '');
