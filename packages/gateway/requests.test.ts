import { openLogger } from '@muster/runtime';
import { expect } from 'chai';
import { beginWork, endWork, findNoPlace, openRequests, type RequestKind } from './requests.ts';

const limited = () => ({
  requests: openRequests(),
  settings: { REQUESTS_MAX: 5_000 },
  logger: openLogger('test', 'silent'),
  metrics: { refused: { inc: () => undefined } },
});

/**
 * Sends `perSecond` requests a second for `seconds`, each as soon as it is due, to a service that answers `capacity` a
 * second in order. Returns how long the answered ones took, in milliseconds, and how many were refused.
 */
const serve = (
  gateway: ReturnType<typeof limited>,
  kind: RequestKind,
  { perSecond, capacity, seconds, from }: { perSecond: number; capacity: number; seconds: number; from: number },
) => {
  const waiting: number[] = [];
  const took: number[] = [];
  let refused = 0;
  let credit = 0;
  for (let now = from; now < from + seconds * 1_000; now += 1) {
    for (let due = 0; due < perSecond / 1_000; due += 1) {
      if (findNoPlace(gateway, kind, now)) refused += 1;
      else waiting.push(beginWork(gateway.requests, kind, now));
    }
    for (credit = Math.min(credit + capacity / 1_000, capacity); credit >= 1 && waiting.length > 0; credit -= 1) {
      const begunAt = waiting.shift() ?? 0;
      endWork(gateway.requests, kind, begunAt, now);
      took.push(now - begunAt);
    }
  }
  for (const begunAt of waiting.splice(0)) endWork(gateway.requests, kind, begunAt, from + seconds * 1_000);
  return { took, refused };
};

describe('The limit of requests at work', () => {
  it('refuses nothing while the service keeps up', () => {
    for (const kind of ['read', 'write'] as const) {
      const { took, refused } = serve(limited(), kind, { perSecond: 4_000, capacity: 5_000, seconds: 5, from: 0 });
      expect([refused, took.length]).to.deep.equal([0, 20_000]);
    }
  });

  it('keeps the time to an answer short under twice the load, and answers as many as the service can', () => {
    const { took, refused } = serve(limited(), 'write', { perSecond: 4_000, capacity: 2_000, seconds: 10, from: 0 });
    expect(Math.max(...took)).to.be.below(1_500);
    expect(took.length).to.be.above(0.9 * 2_000 * 10);
    expect(refused).to.be.above(15_000);
  });

  it('refuses early during an outage, and takes as many as before soon after it', () => {
    const gateway = limited();
    const outage = serve(gateway, 'write', { perSecond: 1_000, capacity: 0, seconds: 5, from: 0 });
    expect(outage.refused).to.be.above(3_500);
    const after = serve(gateway, 'write', { perSecond: 1_000, capacity: 5_000, seconds: 2, from: 5_000 });
    expect(after.took.length).to.be.above(1_800);
  });

  it('does not fall when refusals make each turn of the event loop long', () => {
    const gateway = limited();
    const [clients, refusalMs, workMs] = [8_000, 0.025, 0.1];
    let answered = 0;
    let now = 0;
    let begun: number[] = [];
    while (now < 20_000) {
      const turnAt = now;
      const next: number[] = [];
      // all clients ask in each turn; what is taken is answered at the end of the next turn
      for (let client = begun.length; client < clients; client += 1) {
        now += refusalMs;
        if (!findNoPlace(gateway, 'read', now)) next.push(beginWork(gateway.requests, 'read', turnAt));
      }
      now += workMs * begun.length;
      for (const begunAt of begun) endWork(gateway.requests, 'read', begunAt, now);
      answered += begun.length;
      begun = next;
    }
    expect(answered / (now / 1_000)).to.be.above(2_000); // with 64 at work it would be 300
  });

  it('counts reads and writes apart', () => {
    const gateway = limited();
    serve(gateway, 'write', { perSecond: 4_000, capacity: 100, seconds: 3, from: 0 });
    for (let n = 0; n < 2_000; n += 1) beginWork(gateway.requests, 'write', 3_000);
    expect(findNoPlace(gateway, 'write', 3_001)).to.deep.include({
      name: 'unavailable',
      more: { written: 'notWritten' },
    });
    expect(findNoPlace(gateway, 'read', 3_001)).to.equal(undefined);
  });
});
