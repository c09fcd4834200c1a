import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as door from './index.ts';
import { openLog } from './open-log.ts';

type Source = { path: string; text: string };

const packages = fileURLToPath(new URL('..', import.meta.url));

const readSources = (): Source[] =>
  readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => ({ path, text: readFileSync(`${packages}/${path}`, 'utf8') }));

/** Returns the modules that a source imports, also those imported only for types. */
const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(([, module = '']) => module);

const pathsImporting = (sources: readonly Source[], isWanted: (module: string) => boolean): string[] =>
  sources.filter((source) => importsOf(source).some(isWanted)).map(({ path }) => path);

const isDriver = (module: string) => /^(mongodb|bson)(\/|$)/.test(module);
const isInsideStore = (module: string) => /^@muster\/store\/|\/store\//.test(module);

// Exceptions: the shell and the fixtures of the test kit act as an operator; so does the benchmark of a plain service.
const mayUseDriver =
  /^(store\/|testing\/(open-shell|user-log)\.ts|bench\/(plain-\w+|fill-plain|drop-database|watch-events)\.ts)/;

const insides = ['handlesOf', 'recordsOf', 'positionOf', 'insidesOf'];

describe('The exports of the store', () => {
  const sources = readSources();

  it('are the only way to the database: no other room imports the driver, not even a type', () =>
    expect(pathsImporting(sources, isDriver).filter((path) => !mayUseDriver.test(path))).to.deep.equal([]));

  it('are the only way into the store: no other room imports one of its files', () => {
    const outside = sources.filter(({ path }) => !path.startsWith('store/'));
    expect(pathsImporting(outside, isInsideStore)).to.deep.equal([]);
  });

  it('contain neither collection handles nor the parts of a position', () =>
    expect(Object.keys(door).filter((name) => insides.includes(name))).to.deep.equal([]));

  it('give a log that shows the name of its database and nothing else', async () => {
    await using log = openLog({ uri: 'mongodb://localhost/', database: 'any', appName: 'test' });
    expect(Object.keys(log)).to.deep.equal(['database']);
  });

  it('are checked for all forms of import', () => {
    const texts = [
      "from 'mongodb'",
      "await import('mongodb')",
      "import 'mongodb'",
      "from 'bson'",
      "from 'mongodb/lib'",
    ];
    const found = pathsImporting(
      texts.map((text, index) => ({ path: String(index), text })),
      isDriver,
    );
    expect(found).to.have.length(texts.length);
  });
});
