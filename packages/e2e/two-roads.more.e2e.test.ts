import { entities } from '@muster/entities';
import { expect } from 'chai';
import { compareRoads } from './compare-roads.ts';
import { runInProcess } from './run-in-process.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

describe('The fast road and Koa', function () {
  this.timeout(400_000);

  it('answer 20,000 random requests with equal status, headers and bodies', async () => {
    console.log(`    FUZZ_SEED=${seed}`);
    await using system = await runInProcess(entities, { aggregators: 1 });
    const { requests, unavailable, differences } = await compareRoads(system.url, 20_000, 16, seed);
    expect(differences.join('\n')).to.equal('');
    expect(unavailable).to.be.below(0.05 * requests);
  });
});
