import { expect } from 'chai';
import { openRecord, recordAnswer, recordFault, recordNotSent, resultOf } from './record-load.ts';

const get = { kind: 'GET', expected: 200 };

describe('The record of a load', () => {
  const open = () => openRecord(1_000, 100, 1_100); // the window is from 1,100 to 2,100
  it('reckons a time from the moment when the request was due', () => {
    const record = open();
    recordAnswer(record, get, 200, 1_200, 1_350);
    expect(resultOf(record, 0)).to.include({ p50Ms: 150, mostMs: 150, answered: 1, perSecond: 1, failed: 0 });
  });
  it('leaves out the warm-up, except in the statuses and slices', () => {
    const record = open();
    recordAnswer(record, get, 200, 1_050, 1_060);
    const { answered, requests, statuses, slices } = resultOf(record, 0);
    expect({ answered, requests, statuses, due: slices[0]?.due }).to.deep.equal({
      ...{ answered: 0, requests: 0, statuses: { 200: 1 }, due: 1 },
    });
  });
  it('counts refusals and wrong answers as failed', () => {
    const record = open();
    recordAnswer(record, get, 503, 1_200, 1_201);
    recordAnswer(record, get, 404, 1_200, 1_201);
    recordAnswer(record, get, 200, 1_200, 1_201);
    expect(resultOf(record, 0)).to.deep.include({ failed: 2, refused: 1, goodPerSecond: 1 });
  });
  it('takes a request without an answer for one of 10 s', () => {
    const record = open();
    recordFault(record, 'GET', 'no answer within 10 s', 1_500);
    const { mostMs, failed, faults } = resultOf(record, 0);
    expect({ mostMs, failed, faults }).to.deep.equal({
      mostMs: 10_000,
      failed: 1,
      faults: { 'no answer within 10 s': 1 },
    });
  });
  it('counts a request that was not sent apart', () => {
    const record = open();
    recordNotSent(record);
    expect(resultOf(record, 0)).to.deep.include({ notSent: 1, requests: 0, failed: 0, slices: [] });
  });
  it('shows the share of a core that the generator itself used', () =>
    expect(resultOf(open(), 250_000).ownShare).to.equal(0.25));
});
