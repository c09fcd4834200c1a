import { expect } from 'chai';
import { describeFailure } from './find-server.ts';
import { secantusBinaryIn } from './install-secantus.ts';

describe('The message for a machine without MongoDB', () => {
  it('lists what was tried and what to do', () => {
    const text = describeFailure(
      ['the download by mongodb-memory-server: getaddrinfo ENOTFOUND', 'the package from PyPI: spawn python3 ENOENT'],
      undefined,
    );
    expect(text).to.contain('ENOTFOUND').and.contain('python3 ENOENT').and.contain('MONGODB_URI=');
  });

  it('names the server that wrote the data', () =>
    expect(describeFailure([], 'secantus')).to.contain(
      'Cannot find or download secantus, the server that wrote the data',
    ));
});

describe('The installed SecantusDB', () => {
  it('has its own folder for each version', () =>
    expect(secantusBinaryIn('/x')).to.match(/^\/x\/0\.6\.0b17\/.*secantusd-rs$/));
});
