import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { failpointNames } from '@muster/runtime';
import { expect } from 'chai';

describe('The built programs', () => {
  const traces = ['MUSTER_CHAOS', 'Failpoint', 'failpoint(', 'takeOrder', 'clockMs', ...failpointNames];

  const tracesIn = async (name: string) => {
    const text = await readFile(join(findProjectRoot(), 'dist', name), 'utf8');
    return traces.filter((trace) => text.includes(trace));
  };

  for (const name of ['gateway.js', 'aggregator.js', 'muster.js'])
    it(`have no code for faults: ${name}`, async () => {
      expect(await tracesIn(name)).to.deep.equal([]);
    });

  it('have all failpoints in the build for the fault campaign', async () => {
    for (const name of failpointNames)
      expect(await tracesIn(`chaos/${name.startsWith('append') ? 'gateway' : 'aggregator'}.js`)).to.include(name);
  });
});
