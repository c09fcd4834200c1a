import { expect } from 'chai';
import { anchorsOf, codeBlocksOf, linksOf } from './read-markdown.ts';

describe('A Markdown text', () => {
  it('has code blocks, each with its language and its first line number', () =>
    expect(codeBlocksOf('# One\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```\n\n````\n```\n````\n')).to.deep.equal([
      { language: 'ts', line: 4, text: 'const a = 1;\n\nconst b = 2;' },
      { language: '', line: 10, text: '```' },
    ]));

  it('has links, but not in code', () =>
    expect(
      linksOf('[a](one.md#two)\n```\n[b](three.md)\n```\n`[c](four.md)` and [d](https://example.org)'),
    ).to.deep.equal([
      { line: 1, target: 'one.md#two' },
      { line: 5, target: 'https://example.org' },
    ]));

  it('has an anchor for each heading, and numbers repeated anchors', () =>
    expect([
      ...anchorsOf('# 4 What is `promised`?\n## Stop, and go\n```\n## no heading\n```\n## Stop, and go\n'),
    ]).to.deep.equal(['4-what-is-promised', 'stop-and-go', 'stop-and-go-1']));
});
