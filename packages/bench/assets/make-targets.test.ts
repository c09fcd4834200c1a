import { expect } from 'chai';
import { describeTargets, expectStatuses, makeTargets } from './make-targets.ts';

describe('The requests of bench:assets', () => {
  it('are the same for the same seed and round, and others for another', () => {
    expect(makeTargets(1, 1, 100)).to.deep.equal(makeTargets(1, 1, 100));
    expect(makeTargets(1, 1, 100)).not.to.deep.equal(makeTargets(2, 1, 100));
  });
  it('have other assets in each round', () => {
    const [one, other] = [1, 2].map((round) => new Set(makeTargets(1, round, 500).map(({ id }) => id)));
    expect([...(one ?? [])].filter((id) => other?.has(id))).to.deep.equal([]);
  });
  it('mostly find assets that exist or were deleted', () => {
    for (const seed of [1, 2, 3]) {
      const counts = expectStatuses(makeTargets(seed, 1, 1_500));
      expect(Object.keys(counts)).to.have.members(['200', '201', '204', '404', '409', '410']);
      expect((counts[409] ?? 0) + (counts[410] ?? 0), `seed ${seed}`).to.be.within(900, 1_300);
      expect(Math.min(counts[409] ?? 0, counts[410] ?? 0), `seed ${seed}`).to.be.above(300);
    }
  });
  it('have the right answers one after another', () => {
    const methods = ['GET', 'DELETE', 'POST', 'POST', 'GET', 'DELETE', 'DELETE', 'GET', 'POST'] as const;
    const statuses = expectStatuses(methods.map((method) => ({ method, id: 'a' })));
    expect(statuses).to.deep.equal({ 404: 2, 201: 1, 409: 1, 200: 1, 204: 1, 410: 3 });
  });
  it('are lines of JSON for vegeta, with bodies in base64', () => {
    const text = describeTargets(
      [
        { method: 'POST', id: 'a' },
        { method: 'DELETE', id: 'a' },
      ],
      'http://one',
    );
    const [post, remove] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(post).to.include({ method: 'POST', url: 'http://one/api/v1/assets' });
    expect(post.header['Content-Type']).to.deep.equal(['application/vnd.api+json']);
    expect(JSON.parse(Buffer.from(post.body, 'base64').toString()).data).to.include({ type: 'assets', id: 'a' });
    expect(remove).to.include({ method: 'DELETE', url: 'http://one/api/v1/assets/a' }).and.not.have.property('body');
  });
});
