import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { expect } from 'chai';
import { compileExamples, exampleFilesOf, openExampleProject } from './compile-examples.ts';
import { anchorsOf, codeBlocksOf, linksOf } from './read-markdown.ts';

const root = findProjectRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesUnder = (folder: string, extension: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension) && !path.includes('node_modules'))
    .map((path) => join(folder, path));

const documents = ['README.md', 'CHANGELOG.md', ...filesUnder('docs', '.md')];
const examples = ['README.md', 'docs/1-getting-started.md', 'docs/2-your-own-entity.md', 'docs/3-http-api.md'];

describe('The guide', () => {
  it('has no broken link', () => {
    const broken = documents.flatMap((path) =>
      linksOf(read(path))
        .filter(({ target }) => !/^\w+:/.test(target))
        .filter(({ target }) => !leadsSomewhere(path, target))
        .map(({ line, target }) => `${path}:${line} links to ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('contains every chapter that the sources name', () => {
    const sources = [
      ...filesUnder('packages', '.ts'),
      ...filesUnder('scripts', '.js'),
      'biome.json',
      'docker-compose.yaml',
      'docker-compose.sites.yaml',
    ];
    const missing = sources.flatMap((path) =>
      [...read(path).matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
        .filter(([document]) => !existsSync(join(root, document)))
        .map(([document]) => `${path} names ${document}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('quotes log lines, metrics and settings that the programs have', () => {
    const sources = filesUnder('packages', '.ts').filter((path) => !path.endsWith('.test.ts'));
    const programs = [...sources, ...filesUnder('scripts', '.js')].map(read).join('\n');
    const quoted = quotedIn(read('docs/5-operations.md'));
    expect(quoted.length).to.be.greaterThan(50);
    expect(quoted.filter((text) => !programs.includes(text))).to.deep.equal([]);
  });

  it('names each setting of the programs', () => {
    const rooms = ['gateway', 'aggregator', 'follower', 'supervisor', 'runtime'];
    const tables = rooms.map((room) => read(`packages/${room}/settings.ts`)).join('\n');
    const settings = [...new Set([...tables.matchAll(/^ {2}([A-Z][A-Z_]+)\??:/gm)].map(([, name = '']) => name))];
    expect(settings).to.include.members(['PORT', 'FOLLOW_POLL_MS', 'WIRE_PORT', 'PARTITIONS']);
    const chapter = read('docs/5-operations.md');
    expect(settings.filter((name) => !chapter.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('names each metric of the followers', () => {
    const names = [...read('packages/follower/metrics.ts').matchAll(/gauge\('(\w+)'/g)].map(([, name = '']) => name);
    expect(names).to.include('site_connected');
    const chapter = read('docs/5-operations.md');
    expect(names.filter((name) => !chapter.includes(`\`muster_${name}\``))).to.deep.equal([]);
  });

  for (const path of examples) {
    it(`has code in ${path} that compiles`, function () {
      const files = exampleFilesOf(codeBlocksOf(read(path)));
      if (files.length === 0) return;
      this.timeout(60_000);
      expect(compileExamples(root, files)).to.deep.equal([]);
    });
  }

  it('shows tests of an entity that pass', function () {
    this.timeout(60_000);
    using project = openExampleProject(root, exampleFilesOf(codeBlocksOf(read('docs/2-your-own-entity.md'))));
    const words = ['--import', 'tsx', '--test', 'account.test.ts'];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: project.path, encoding: 'utf8' });
    expect(stdout).to.match(/^# pass 3$/m);
    expect(status).to.equal(0);
  });

  it('shows the same bank account as the examples', () => {
    const example = join('examples', 'bank-account', 'account.ts');
    const shown = codeBlocksOf(read('docs/2-your-own-entity.md')).find(({ text }) =>
      text.startsWith('// account.ts\n'),
    );
    expect(shown?.text).to.equal(`// account.ts\n${read(example).trimEnd()}`);
  });
});

describe('The code of a document', () => {
  const blocks = [
    { language: 'ts', line: 3, text: '// one.ts\nexport const one: number = 1;' },
    { language: 'sh', line: 7, text: 'npm start' },
    { language: 'ts', line: 9, text: "import { one } from './one.ts';\n\nexport const two: string = one;" },
  ];

  it('becomes files that are named by their first row or their line number', () =>
    expect(exampleFilesOf(blocks).map(({ name }) => name)).to.deep.equal(['one.ts', 'line-9.ts']));

  it('is compiled together, and an error names the line in the document', function () {
    this.timeout(60_000);
    const [fault, ...others] = compileExamples(root, exampleFilesOf(blocks));
    expect(fault).to.match(/^line-9\.ts\(11,14\): error TS2322/);
    expect(others).to.deep.equal([]);
  });
});

const leadsSomewhere = (from: string, target: string): boolean => {
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? from : relative(root, resolve(root, dirname(from), path));
  if (!existsSync(join(root, to))) return false;
  return anchor === undefined || anchorsOf(read(to)).has(anchor);
};

/**
 * Returns the quotations of the programs in a chapter: log lines (text with a space in the first column of a table,
 * split at `…`), the names of metrics, and settings.
 */
const quotedIn = (chapter: string): string[] => {
  const firstColumns = [...chapter.matchAll(/^\| ([^|]*)/gm)].map(([, cell = '']) => cell);
  const spans = firstColumns.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span));
  const lines = spans.filter((span) => span.includes(' ') && !/^(npm|npx|docker|--)/.test(span));
  const metrics = [...chapter.matchAll(/`muster_([a-z_]+?)(?:_total)?(?:\{[^}]*\})?`/g)].map(([, name = '']) => name);
  return [
    ...lines.flatMap((line) => line.split('…').map((part) => part.trim())).filter((part) => part.length > 1),
    ...metrics,
    ...spans.filter((span) => /^[A-Z][A-Z_]+$/.test(span)),
  ];
};
