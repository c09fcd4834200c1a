import { expect } from 'chai';
import { parseSocketMessage } from './parse-socket-message.ts';

describe('A message on a WebSocket', () => {
  it('subscribes to an address, or ends a subscription', () => {
    expect(parseSocketMessage('{"subscribe":"a","to":"/api/user?sort=name","after":"x"}')).to.deep.equal({
      ...{ kind: 'message', message: { kind: 'subscribe', subscription: 'a', to: '/api/user?sort=name', after: 'x' } },
    });
    expect(parseSocketMessage('{"unsubscribe":"a"}')).to.deep.equal({
      ...{ kind: 'message', message: { kind: 'unsubscribe', subscription: 'a' } },
    });
  });

  it('is nothing else, and a fault names its subscription', () => {
    for (const [text, subscription] of [
      ...([[undefined], ['x'], ['[]'], ['null'], ['"a"'], ['{}']] as const),
      ...([
        ['{"subscribe":"a"}', 'a'],
        ['{"subscribe":5,"to":"/api/user"}'],
        ['{"unsubscribe":"a","to":"/x"}', 'a'],
      ] as const),
      ...([
        ['{"subscribe":"a","to":"user"}', 'a'],
        ['{"subscribe":"a","to":"//other/api/user"}', 'a'],
      ] as const),
      ...([
        ['{"subscribe":"a","to":"/api/user","more":1}', 'a'],
        ['{"unsubscribe":"a","subscribe":"b","to":"/api/x"}', 'b'],
      ] as const),
    ]) {
      const parsed = parseSocketMessage(text);
      expect(parsed, text).to.deep.include({ kind: 'faults', subscription });
      expect(parsed.kind === 'faults' && parsed.faults.map(({ code }) => code), text).to.deep.equal([
        'invalid-message',
      ]);
    }
  });
});
