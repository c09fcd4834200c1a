import { expect } from 'chai';
import { parseListening } from './wait-for-listening.ts';

describe("A server's output", () => {
  it('shows that SecantusDB listens, and its port', () =>
    expect(parseListening('secantusd-rs listening on 127.0.0.1:38025\n')).to.deep.equal({ port: 38_025 }));
  it('shows that mongod listens, without a port', () =>
    expect(parseListening('{"t":{},"s":"I","msg":"Waiting for connections","attr":{}}')).to.deep.equal({}));
  it('shows nothing while it is empty', () => expect(parseListening('')).to.equal(undefined));
  it('shows nothing while the line is incomplete, because the port may be truncated', () =>
    expect(parseListening('listening on 127.0.0.1:38')).to.equal(undefined));
});
