import { expect } from 'chai';
import { longestPauseMs, pauseMsOf, retryAfterMs } from './back-off.ts';

const backOff = { retryMs: 2_000, maxPauseMs: 30_000 };

describe('The pause before the next attempt', () => {
  it('begins at what the server asks for, and doubles up to the longest', () =>
    expect([0, 1, 2, 3, 4, 5, 2_000].map((failures) => longestPauseMs({ ...backOff, failures }))).to.deep.equal([
      ...[2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
    ]));

  it('is any part of that, by chance', () =>
    expect([0, 0.5, 0.99].map((chance) => pauseMsOf({ ...backOff, failures: 1 }, chance))).to.deep.equal([
      ...[0, 2_000, 3_960],
    ]));

  it('grows also where the server asks for none', () =>
    expect(longestPauseMs({ failures: 10, retryMs: 0, maxPauseMs: 30_000 })).to.equal(1_024));

  it('is at least what Retry-After says, in seconds or as a date, up to one day', () => {
    const now = Date.parse('2026-11-27T10:00:00Z');
    const headers = ['3', ' 3 ', 'Fri, 27 Nov 2026 10:00:05 GMT', 'Fri, 27 Nov 2026 09:00:00 GMT', 'soon', '', null];
    expect(headers.map((header) => retryAfterMs(header, now))).to.deep.equal([3_000, 3_000, 5_000, 0, 0, 0, 0]);
    expect(retryAfterMs('999999999', now)).to.equal(86_400_000);
  });
});
