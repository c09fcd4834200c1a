import { note } from '@muster/testing';
import { expect } from 'chai';
import { statusOf } from '../problem.ts';
import { documentOf, historyOf, linksOf } from './documents.ts';
import { errorsOf } from './errors.ts';
import { isPlain, wantedIn } from './negotiate.ts';
import { takeDocument } from './take-document.ts';

const type = 'application/vnd.api+json';

describe('JSON:API', () => {
  it('is wanted by its media type without parameters, or by who sends it and accepts anything', () => {
    for (const accept of [
      type,
      `text/html, ${type}`,
      `${type};q=0.5`,
      `${type}; profile="https://a.example"`,
      type.toUpperCase(),
    ])
      expect(wantedIn(accept, false, 'json'), accept).to.equal('yes');
    for (const accept of [`${type};q=0, application/json`, `application/json, ${type};q=0.1`])
      expect(wantedIn(accept, false, 'json'), accept).to.equal('no');
    for (const accept of ['', '*/*', '*/*;q=0.1']) expect(wantedIn(accept, true, 'json'), accept).to.equal('yes');
    for (const accept of ['', '*/*', 'application/json'])
      expect(wantedIn(accept, false, 'json'), accept).to.equal('no');
    expect(wantedIn('application/json', true, 'json')).to.equal('no');
    expect(wantedIn(`${type};ext="https://a.example/atomic", text/html`, true, 'json')).to.equal('modified');
    expect(wantedIn(`${type};charset=utf-8, ${type}`, true, 'json')).to.equal('yes');
    expect([isPlain(type), isPlain(`${type};charset=utf-8`)]).to.deep.equal([true, false]);
  });

  it('has a resource for a thing, with its version', () =>
    expect(documentOf([note], note, { id: 'a', text: 'x', stars: 1 }, 3, {})).to.deep.equal({
      data: {
        ...{ type: 'note', id: 'a', attributes: { text: 'x', stars: 1 }, links: { self: '/api/note/a' } },
        meta: { version: 3 },
      },
    }));

  it('has resources and links for a list, and meta for a number', () => {
    const links = linksOf('</api/note?offset=4&limit=2>; rel="next", </api/note?offset=0&limit=2>; rel="prev"');
    expect(links).to.deep.equal({ next: '/api/note?offset=4&limit=2', prev: '/api/note?offset=0&limit=2' });
    expect(documentOf([note], note, [{ id: 'a', stars: 1 }], undefined, links)).to.deep.equal({
      data: [{ type: 'note', id: 'a', attributes: { stars: 1 }, links: { self: '/api/note/a' } }],
      links,
    });
    expect(documentOf([note], note, { count: 2 }, undefined, {})).to.deep.equal({ meta: { count: 2 } });
  });

  it('has an error for each fault, which points into the document that was sent', () => {
    const about = { type: '/problems/invalid-input', title: 'T', status: 400, detail: 'all', requestId: 'r' };
    const errors = ['/text', '/id', '/asset_id', ''].map((pointer) => ({ pointer, detail: 'wrong' }));
    const pointers = (isDocument: boolean) =>
      (
        errorsOf(
          { ...about, errors },
          isDocument ? { kind: 'document', relationships: { asset_id: 'asset' } } : { kind: 'fields' },
        ).errors as { source?: { pointer: string } }[]
      ).map(({ source }) => source?.pointer);
    expect(pointers(true)).to.deep.equal(['/data/attributes/text', '/data/id', '/data/relationships/asset', undefined]);
    expect(pointers(false)).to.deep.equal(['/text', '/id', '/asset_id', undefined]);
    expect(errorsOf({ ...about, status: 404, version: 1 }, { kind: 'fields' })).to.deep.equal({
      errors: [
        {
          ...{ status: '404', title: 'T', code: 'invalid-input', detail: 'all', links: { type: about.type } },
          meta: { requestId: 'r', version: 1 },
        },
      ],
    });
  });

  it('has the events of a thing, whose types are attributes', () => {
    const events = [{ version: 2, type: 'NoteUpdated', changes: { stars: 2 } }];
    expect(historyOf(note, 'a', events, { next: '/x' })).to.deep.equal({
      data: [
        { type: 'note-event', id: 'a:2', attributes: { eventType: 'NoteUpdated', version: 2, changes: { stars: 2 } } },
      ],
      links: { next: '/x' },
    });
  });

  it('is taken apart, and refused where it does not fit', () => {
    const take = (data: unknown) => {
      const taken = takeDocument([note], note, { data });
      return taken.kind === 'input' ? taken.input : [statusOf(taken.problem), taken.problem.errors?.[0]?.pointer];
    };
    expect(take({ type: 'note', id: 'a', attributes: { stars: 1 } })).to.deep.equal({ id: 'a', stars: 1 });
    expect(take({ type: 'note', attributes: { stars: 1 }, meta: { x: 1 } })).to.deep.equal({ stars: 1 });
    expect(take({ type: 'user', attributes: {} })).to.deep.equal([409, '/data/type']);
    expect(take({ attributes: {} })).to.deep.equal([409, '/data/type']);
    expect(take({ type: 'note', attributes: [] })).to.deep.equal([400, '/data/attributes']);
    expect(take({ type: 'note', relationships: { x: {} } })).to.deep.equal([400, '/data/relationships/x']);
    expect(take({ type: 'note', attributes: { id: 'b' } })).to.deep.equal([400, '/data/attributes/id']);
    for (const data of [undefined, null, [], 'x']) expect(take(data)).to.deep.equal([400, '/data']);
    expect(takeDocument([note], note, []).kind).to.equal('problem');
  });
});
