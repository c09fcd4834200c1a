import type { FeedEvent } from '@muster/client';
import { expect } from 'chai';
import { parseReceived } from './parse-received.ts';

const event = { entity: 'record', id: 'e1', subject: 'a', version: 1, fields: {} } as unknown as FeedEvent;

describe('A message of a site', () => {
  it('is an event with a position', () =>
    expect(parseReceived(event, 'm.1')).to.deep.equal({ event, position: 'm.1' }));

  it('is refused if a part that is stored here is not what it must be', () => {
    for (const [wrong, problem] of [
      [{ id: { $gt: '' } }, 'an event whose id is {"$gt":""}'],
      [{ subject: '' }, 'an event whose subject is ""'],
      [{ entity: 'x'.repeat(200) }, 'an event whose entity is "xxx'],
      [{ version: '1' }, 'an event with the version "1"'],
      [{ version: 0 }, 'an event with the version 0'],
      [{ version: 2 ** 60 }, 'an event with the version'],
    ] as const)
      expect(() => parseReceived({ ...event, ...wrong } as never, 'm.1')).to.throw(problem);
    expect(() => parseReceived(event, 'x'.repeat(5_000))).to.throw('a position of 5000 letters');
  });
});
