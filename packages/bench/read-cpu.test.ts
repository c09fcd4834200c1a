import { expect } from 'chai';
import { parseSchedstat, parseStat, readCpuMs } from './read-cpu.ts';

describe('Processor time', () => {
  it('is user and system time, for any name of the process', () => {
    const line = '42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 120 30 0 0 20 0 1 0 99 1000 10';
    expect(parseStat(line)).to.equal(1_500);
  });
  it('of a thread is exact', () => expect(parseSchedstat('189020047 238233529 189\n')).to.equal(189.020047));
  it('of a missing process is NaN', () => expect(readCpuMs([2 ** 30])).to.be.NaN);
});
