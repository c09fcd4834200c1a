import { makeUser } from '@muster/cli';
import { expect } from 'chai';
import type { LoadSpec, RecipeName } from './load-spec.ts';
import { keptUsers, makeRequest, noteAnswer, openSource } from './requests.ts';

const specOf = (recipe: RecipeName, given: Partial<LoadSpec> = {}): LoadSpec => ({
  ...{ url: 'http://127.0.0.1:3000', path: '/api/user', users: 50, seed: 1, recipe },
  ...{ connections: 1, warmSeconds: 0, seconds: 1 },
  ...given,
});
const open = (recipe: RecipeName, given: Partial<LoadSpec> = {}) => openSource(specOf(recipe, given));
const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);
const pathOf = (text: string) => text.split(' ')[1] ?? '';
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);
const kept = new Set(Array.from({ length: keptUsers(50) }, (_, index) => makeUser(1, index).id));

describe('A request of a load', () => {
  it('is whole: a request line, a host, and the length of its body in bytes', () => {
    for (const { text } of times(50, () => makeRequest(open('post')))) {
      expect(text).to.match(/^POST \/api\/user HTTP\/1\.1\r\nHost: 127\.0\.0\.1:3000\r\n/);
      const length = Number(/Content-Length: (\d+)/.exec(text)?.[1]);
      expect(length).to.equal(Buffer.byteLength(bodyOf(text)));
    }
  });
  it('of the recipe timed has its time as the name, once', () => {
    const body = bodyOf(makeRequest(open('timed'), 1_234.5678).text);
    expect(body.match(/"name":"[^"]*"/g)).to.deep.equal(['"name":"t1234.568"']);
    expect(JSON.parse(body)).to.have.keys('name', 'email', 'group');
  });
  it('that changes a user never takes one whose values must stay known', () => {
    for (const recipe of ['put', 'hot', 'mixed', 'remove'] as const) {
      const source = open(recipe);
      const changing = times(200, () => makeRequest(source)).filter(({ kind }) => kind === 'PUT' || kind === 'DELETE');
      expect(changing.length).to.be.above(0);
      for (const { text } of changing)
        expect(kept.has(pathOf(text).slice('/api/user/'.length)), recipe).to.equal(false);
    }
  });
  it('that changes nothing takes only those, with the value that they have', () => {
    const source = open('unchanged');
    for (const { kind, text } of times(50, () => makeRequest(source))) {
      const id = pathOf(text).slice('/api/user/'.length);
      const index = Array.from({ length: kept.size }, (_, at) => makeUser(1, at).id).indexOf(id);
      expect({ kind, body: JSON.parse(bodyOf(text)) }).to.deep.equal({
        ...{ kind: 'PUT', body: { group: makeUser(1, index).fields.group } },
      });
    }
  });
  it('of the hot row always goes to the same user', () => {
    const source = open('hot');
    expect(new Set(times(50, () => pathOf(makeRequest(source).text))).size).to.equal(1);
  });
  it('deletes each user once, from an offset on', () => {
    const source = open('remove', { offset: 5 });
    const paths = times(20, () => pathOf(makeRequest(source).text));
    expect(new Set(paths).size).to.equal(20);
    const before = Array.from({ length: 5 }, (_, index) => makeUser(1, kept.size + index).id);
    expect(before.filter((id) => paths.includes(`/api/user/${id}`))).to.deep.equal([]);
  });
  it('of the mixed load is a GET in 70 %, and deletes only what the load created', () => {
    const source = open('mixed');
    const kinds = new Map<string, number>();
    for (let made = 0; made < 4_000; made += 1) {
      const request = makeRequest(source);
      kinds.set(request.kind, (kinds.get(request.kind) ?? 0) + 1);
      if (request.kind === 'DELETE') expect(pathOf(request.text)).to.equal('/api/user/new');
      noteAnswer(source, request, () => '{"id":"new","name":"A"}');
    }
    expect((kinds.get('GET') ?? 0) / 4_000).to.be.within(0.66, 0.74);
    expect((kinds.get('PUT') ?? 0) / 4_000).to.be.within(0.12, 0.18);
    expect((kinds.get('DELETE') ?? 0) / 4_000).to.be.within(0.03, 0.07);
  });
});
