import { expect } from 'chai';
import fc from 'fast-check';
import { parseSocketMessage } from './parse-socket-message.ts';

const faultOf = (message: unknown) => {
  const parsed = parseSocketMessage(typeof message === 'string' ? message : JSON.stringify(message));
  return parsed.kind === 'faults' ? { subscription: parsed.subscription, fault: parsed.faults[0] } : undefined;
};

describe('A message of a WebSocket', () => {
  it('subscribes to an address, also behind a position', () => {
    const to = '/api/user/events?types=UserCreated&filter[group]=1';
    const message = { kind: 'subscribe', subscription: 'a', to, after: '' };
    expect(parseSocketMessage(JSON.stringify({ subscribe: 'a', to }))).to.deep.equal({ kind: 'message', message });
    expect(parseSocketMessage(JSON.stringify({ after: 'x.y', to, subscribe: 'a' }))).to.deep.equal({
      ...{ kind: 'message', message: { ...message, after: 'x.y' } },
    });
  });

  it('ends a subscription', () => {
    expect(parseSocketMessage('{"unsubscribe":"ä \\"😀\\""}')).to.deep.equal({
      ...{ kind: 'message', message: { kind: 'unsubscribe', subscription: 'ä "😀"' } },
    });
  });

  it('must be an object in JSON, as text', () => {
    expect(parseSocketMessage(undefined)).to.have.property('kind', 'faults');
    for (const text of ['', '{', 'subscribe', '[]', 'null', '1', '"a"', '[{"unsubscribe":"a"}]'])
      expect(faultOf(text)?.fault, text).to.deep.include({ pointer: '', code: 'invalid-message' });
    expect(faultOf('{')?.fault?.detail).to.contain('{"subscribe":"NAME","to":"/api/…"}');
  });

  it('is refused with its name, if that is text', () => {
    for (const [message, subscription] of [
      [{ subscribe: 'a' }, 'a'],
      [{ subscribe: 'a', to: '/health' }, 'a'],
      [{ subscribe: 'a', to: 'http://other/api/user' }, 'a'],
      [{ subscribe: 'a', to: '//other/api/user' }, 'a'],
      [{ subscribe: 'a', to: '/api/user#x' }, 'a'],
      [{ subscribe: 'a', to: `/api/${'x'.repeat(8_000)}` }, 'a'],
      [{ subscribe: 'a', to: 1 }, 'a'],
      [{ subscribe: 'a', to: '/api/user', after: 1 }, 'a'],
      [{ subscribe: 'a', to: '/api/user', unsubscribe: 'b' }, 'a'],
      [{ subscribe: 'a', to: '/api/user', other: 1 }, 'a'],
      [{ unsubscribe: 'a', to: '/api/user' }, 'a'],
      [{ unsubscribe: 'a', after: 'x' }, 'a'],
      [{ subscribe: 'x'.repeat(101), to: '/api/user' }, 'x'.repeat(100)],
      [{ subscribe: '', to: '/api/user' }, ''],
      [{ subscribe: 1, to: '/api/user' }, undefined],
      [{ unsubscribe: null }, undefined],
      [{ to: '/api/user' }, undefined],
      [{}, undefined],
    ] as const) {
      const found = faultOf(message);
      expect(found, JSON.stringify(message)).to.deep.include({ subscription });
      expect(found?.fault?.code, JSON.stringify(message)).to.equal('invalid-message');
    }
  });

  it('never throws, whatever its text', () => {
    const anyMessage = fc.record(
      { subscribe: fc.jsonValue(), to: fc.jsonValue(), after: fc.jsonValue(), unsubscribe: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const anyText = fc.oneof(
      fc.string(),
      anyMessage.map((message) => JSON.stringify(message)),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const { kind } = parseSocketMessage(text);
        expect(['message', 'faults']).to.include(kind);
      }),
    );
  });
});
