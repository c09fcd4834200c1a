import { expect } from 'chai';
import { parseListening } from './wait-for-listening.ts';

describe('Whether a server listens', () => {
  it('is said by SecantusDB with its port', () =>
    expect(parseListening('secantusd-rs listening on 127.0.0.1:38025\n')).to.deep.equal({ port: 38_025 }));
  it('is said by mongod without one', () =>
    expect(parseListening('{"t":{},"s":"I","msg":"Waiting for connections","attr":{}}')).to.deep.equal({}));
  it('is open while it has said nothing', () => expect(parseListening('')).to.equal(undefined));
  it('is open while the line is not whole: the port might be cut', () =>
    expect(parseListening('listening on 127.0.0.1:38')).to.equal(undefined));
});
