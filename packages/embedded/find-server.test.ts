import { expect } from 'chai';
import { describeFailure } from './find-server.ts';
import { secantusBinaryIn } from './install-secantus.ts';

describe('A machine without any MongoDB', () => {
  it('is told what was tried and what to do', () => {
    const text = describeFailure(
      ['the download by mongodb-memory-server: getaddrinfo ENOTFOUND', 'the package from PyPI: spawn python3 ENOENT'],
      undefined,
    );
    expect(text).to.contain('ENOTFOUND').and.contain('python3 ENOENT').and.contain('MONGODB_URI=');
  });

  it('is told of the data that need another server than is here', () =>
    expect(describeFailure([], 'secantus')).to.contain('wrote the data here (secantus)'));

  it('has a place for each version of what it installs', () =>
    expect(secantusBinaryIn('/x')).to.match(/^\/x\/0\.6\.0b17\/.*secantusd-rs$/));
});
