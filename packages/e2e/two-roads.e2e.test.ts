import { entities } from '@muster/entities';
import { expect } from 'chai';
import { compareRoads } from './compare-roads.ts';
import { runInProcess } from './run-in-process.ts';

describe('The fast road and Koa', function () {
  this.timeout(120_000);

  for (const aggregators of [1, 0]) {
    it(`answer random requests with equal status, headers and bodies (${aggregators} aggregators)`, async () => {
      await using system = await runInProcess(entities, { aggregators });
      const { requests, fast, unavailable, statuses, differences } = await compareRoads(system.url, 1_500, 8, 1);
      expect(differences.join('\n'), [...statuses].join(' ')).to.equal('');
      expect(unavailable).to.be.below(0.05 * requests);
      expect(fast / requests).to.be.within(0.2, 0.95); // both kinds were drawn
      expect([...statuses.keys()]).to.include.members([200, 201, 204, 400, 404, 409, 410, 412, 413, 415]);
    });
  }
});
