import type { Fault } from '@muster/model';
import { note } from '@muster/testing';
import { expect } from 'chai';
import { statusOf } from '../problem.ts';
import { documentOf, historyOf, linksOf } from './documents.ts';
import { errorsOf, type Sent } from './errors.ts';
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
    const errors = ['/text', '/data', '/id', '/asset_id', ''].map((pointer) => ({ pointer, detail: 'wrong' }));
    const pointers = (sent: Sent) =>
      (errorsOf({ ...about, errors }, [], sent, {}).errors as { source?: { pointer: string } }[]).map(
        ({ source }) => source?.pointer,
      );
    const inDocument = (data: object) =>
      pointers({ kind: 'document', body: { data }, relationships: { asset_id: 'asset' } });
    const fields = { text: 1, data: 1 };
    expect(inDocument({ id: 'a', attributes: fields, relationships: { asset: {} } })).to.deep.equal([
      ...['/data/attributes/text', '/data/attributes/data', '/data/id', '/data/relationships/asset', undefined],
    ]);
    expect(pointers({ kind: 'fields', body: { ...fields, id: 1, asset_id: 1 } })).to.deep.equal([
      ...['/text', '/data', '/id', '/asset_id', undefined],
    ]);
    // what is missing cannot be pointed at
    expect(inDocument({ attributes: {}, relationships: {} })).to.deep.equal([
      ...['/data/attributes', '/data/attributes', '/data', '/data/relationships', undefined],
    ]);
    expect(inDocument({})).to.deep.equal(['/data', '/data', '/data', '/data', undefined]);
    expect(pointers({ kind: 'fields', body: {} })).to.deep.equal(Array(5).fill(undefined));
    expect(pointers({ kind: 'fields', body: undefined })[0]).to.equal('/text'); // the parser has found it
    expect(errorsOf({ ...about, status: 404, version: 1 }, [], { kind: 'nothing' }, {})).to.deep.equal({
      errors: [
        {
          ...{ status: '404', title: 'T', code: 'invalid-input', detail: 'all', links: { type: about.type } },
          meta: { requestId: 'r', version: 1 },
        },
      ],
    });
  });

  it('has errors that name the parameter or the header, and never a body that was not sent', () => {
    const sourceOf = (fault: Fault, sent: Sent = { kind: 'nothing' }) =>
      (errorsOf({ errors: [fault] }, [fault], sent, { limit: '3' }).errors as { source?: object }[])[0]?.source;
    const faultAt = (pointer: string, code: Fault['code'] = 'not-combinable'): Fault => ({ pointer, code, detail: '' });
    expect(sourceOf(faultAt('/limit'))).to.deep.equal({ parameter: 'limit' });
    expect([sourceOf(faultAt('/id')), sourceOf(faultAt('/filter'))]).to.deep.equal([undefined, undefined]);
    const header = { ...faultAt('', 'invalid-header'), place: { header: 'If-Match' } };
    const withBody: Sent = { kind: 'fields', body: { id: 'a', limit: 1 } };
    for (const sent of [{ kind: 'nothing' } as const, withBody])
      expect(sourceOf(header, sent)).to.deep.equal({ header: 'If-Match' });
    expect(sourceOf({ ...faultAt('/id', 'wrong-format'), place: 'path' }, withBody)).to.equal(undefined);
    expect(sourceOf(faultAt('/limit', 'unknown-parameter'), withBody)).to.deep.equal({ parameter: 'limit' });
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
    for (const strange of [{}, { type: null }, { type: 7 }])
      expect(take({ ...strange, attributes: {} })).to.deep.equal([400, '/data/type']);
    expect(take({ type: 'note', attributes: [] })).to.deep.equal([400, '/data/attributes']);
    expect(take({ type: 'note', relationships: { x: {} } })).to.deep.equal([400, '/data/relationships/x']);
    expect(take({ type: 'note', attributes: { id: 'b' } })).to.deep.equal([400, '/data/attributes/id']);
    for (const data of [undefined, null, [], 'x']) expect(take(data)).to.deep.equal([400, '/data']);
    expect(takeDocument([note], note, []).kind).to.equal('problem');
  });
});
