import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { loadEntities } from './load-entities.ts';

const muster = JSON.stringify(new URL('./index.ts', import.meta.url).href);
const definition = `({ name: 'note', title: 'Note', collection: 'Notes', fields: { text: Joi.string() } })`;
const source = `import { defineRecord, Joi } from ${muster};\nexport const entities = [defineRecord${definition}];\n`;

describe('The entities of a project', () => {
  let folder: AsyncDisposable & { path: string };
  before(async () => {
    folder = await openTestFolder();
    await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
  });
  after(() => folder[Symbol.asyncDispose]());

  const load = async (name: string, text: string) => {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return loadEntities(path);
  };
  const problemOf = async (name: string, text: string) => {
    const loaded = await load(name, text);
    return loaded.kind === 'problem' ? loaded.problem : 'none';
  };

  it('are read from TypeScript, with types in it', async () => {
    const loaded = await load('typed.ts', `${source}export const count: number = entities.length as number;\n`);
    expect(loaded).to.have.nested.property('entities[0].path', '/api/note');
  });
  it('are read from JavaScript', async () =>
    expect(await load('plain.mjs', source)).to.have.nested.property('entities[0].path', '/api/note'));

  it('are looked for under the usual names, TypeScript first', async () => {
    const project = join(folder.path, 'a project with ä');
    await mkdir(project);
    const found = await loadEntities(undefined, project);
    expect(found).to.have.property('problem').that.includes('entities.ts, entities.js, entities.mjs');
    expect(found).to.have.property('problem').that.includes('muster new');
    await writeFile(join(project, 'entities.js'), source);
    expect(await loadEntities(undefined, project)).to.have.property('path', join(project, 'entities.js'));
    await writeFile(join(project, 'entities.ts'), source);
    expect(await loadEntities(undefined, project)).to.have.property('path', join(project, 'entities.ts'));
  });

  it('that are not there, or not a list of entities, are refused with what to do', async () => {
    const missing = await loadEntities('nowhere.ts', folder.path);
    expect(missing).to.deep.equal({ kind: 'problem', problem: `there is no file ${join(folder.path, 'nowhere.ts')}` });
    for (const [name, text] of [
      ['nothing.ts', 'export const other = 1;'],
      ['empty.ts', 'export const entities = [];'],
      ['one.mjs', 'export const entities = {};'],
    ] as const)
      expect(await problemOf(name, text))
        .to.include(name)
        .and.to.include('export const entities = [');
    expect(await problemOf('plain-object.ts', 'export const entities = [{ name: "note" }];')).to.include(
      'was not made by defineEntity or defineRecord',
    );
  });

  it('with a fault are refused with the fault and the name of the file', async () => {
    const wrong = source.replace("title: 'Note'", "title: 'note'");
    expect(await problemOf('wrong.ts', wrong))
      .to.include('wrong.ts')
      .and.to.include('Cannot define entity "note"');
    expect(await problemOf('broken.ts', 'export const entities = [')).to.include('broken.ts');
    expect(await problemOf('lost.mjs', "import './nowhere.mjs';")).to.include('nowhere.mjs');
  });
});
