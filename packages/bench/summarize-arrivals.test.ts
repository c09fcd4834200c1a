import { expect } from 'chai';
import { summarizeArrivals } from './summarize-arrivals.ts';

describe('The arrivals of messages', () => {
  it('are reckoned from when the request was due, and from its answer', () =>
    expect(
      summarizeArrivals(
        [
          [100, 104],
          [200, 210],
        ],
        [
          [100, 103],
          [200, 230],
        ],
      ),
    ).to.deep.equal({ arrivalP50Ms: 3, arrivalP99Ms: 30, behindP50Ms: -1, behindP99Ms: 20 }));
  it('leave out messages of requests outside the window', () =>
    expect(summarizeArrivals([[100, 104]], [[50, 90]]).arrivalP99Ms).to.be.NaN);
});
