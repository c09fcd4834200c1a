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

/** The modules that a source imports, for a value or for a type. */
const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(([, module = '']) => module);

const whoImports = (sources: readonly Source[], isWanted: (module: string) => boolean): string[] =>
  sources.filter((source) => importsOf(source).some(isWanted)).map(({ path }) => path);

const isDriver = (module: string) => /^(mongodb|bson)(\/|$)/.test(module);
const isInsideStore = (module: string) => /^@muster\/store\/|\/store\//.test(module);

// the test kit's shell is what an operator would use, and the plain service of the bench is what Muster is measured by
const mayUseDriver = /^(store\/|testing\/open-shell\.ts|bench\/(plain-crud|fill-plain|drop-database)\.ts)/;

const insides = ['handlesOf', 'recordsOf', 'positionOf', 'insidesOf'];

describe('The door of the store', () => {
  const sources = readSources();

  it('is the only way to the database: no other room imports the driver, not even for a type', () =>
    expect(whoImports(sources, isDriver).filter((path) => !mayUseDriver.test(path))).to.deep.equal([]));

  it('is the only way into the store: no other room imports one of its files', () => {
    const outside = sources.filter(({ path }) => !path.startsWith('store/'));
    expect(whoImports(outside, isInsideStore)).to.deep.equal([]);
  });

  it('lets out neither collection handles nor the parts of a position', () =>
    expect(Object.keys(door).filter((name) => insides.includes(name))).to.deep.equal([]));

  it('gives a log that shows the name of its database and nothing else', async () => {
    await using log = openLog({ uri: 'mongodb://localhost/', database: 'any', appName: 'test' });
    expect(Object.keys(log)).to.deep.equal(['database']);
  });

  it('is watched in all ways to import', () => {
    const texts = [
      "from 'mongodb'",
      "await import('mongodb')",
      "import 'mongodb'",
      "from 'bson'",
      "from 'mongodb/lib'",
    ];
    const found = whoImports(
      texts.map((text, index) => ({ path: String(index), text })),
      isDriver,
    );
    expect(found).to.have.length(texts.length);
  });
});
