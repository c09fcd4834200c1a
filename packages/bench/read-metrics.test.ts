import { expect } from 'chai';
import { parseMetrics } from './read-metrics.ts';

describe('Metrics', () => {
  it('are parsed with their labels, without comments', () => {
    const text = '# HELP a what\n# TYPE a gauge\na{process="x",outcome="saved"} 3\nb 0.25\n\n';
    expect(parseMetrics(text)).to.deep.equal([
      { name: 'a', labels: 'process="x",outcome="saved"', value: 3 },
      { name: 'b', labels: '', value: 0.25 },
    ]);
  });
});
