import { expect } from 'chai';
import { parseOpenFilesMax, requireOpenFiles } from './open-files.ts';

const limits = (most: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             95817                95817                processes
Max open files            ${most.padEnd(21)}20000                files
`;

describe('How many files a process may open', () => {
  it('is the soft limit', () => expect(parseOpenFilesMax(limits('1024'))).to.equal(1_024));
  it('may have no limit', () => expect(parseOpenFilesMax(limits('unlimited'))).to.equal(Number.POSITIVE_INFINITY));
  it('is unknown without such a line', () => expect(parseOpenFilesMax('')).to.equal(undefined));
  it('is a clear problem when it is too small', () => {
    expect(() => requireOpenFiles(10)).not.to.throw();
    if (process.platform === 'linux')
      expect(() => requireOpenFiles(2 ** 31)).to.throw('Run "ulimit -n 2147483848" first');
  });
});
