import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { expect } from 'chai';

describe('npm run bench:sites', function () {
  this.timeout(180_000);

  it('lets a site adopt what another one has, and prints how long that took', async () => {
    const { NODE_OPTIONS: _, MONGODB_URI: __, ...own } = process.env;
    const words = [
      join(findProjectRoot(), 'dist', 'bench-sites.js'),
      '--events',
      '100',
      '--rounds',
      '1',
      '--singles',
      '3',
    ];
    const child = spawn(process.execPath, words, { env: own, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    const [code] = await once(child, 'close');
    expect(code, output).to.equal(0);
    expect(output).to.match(/^\| 100 new assets \| \d+\.\d\d .*\|$/m);
    expect(output).to.match(/^\| 100 events on 10 records \| \d+\.\d\d .*\|$/m);
    expect(output).to.match(/^\| median \| \d+ \|$/m);
  });
});
