import { expect } from 'chai';
import { templateOf } from './broadcast.ts';

describe('The message of a broadcast', () => {
  it('has a place for the time', () =>
    expect(templateOf('id: x\ndata: {"data":{"name":"t12.345","group":1}}\n\n')).to.equal(
      'id: x\ndata: {"data":{"name":"t@time@","group":1}}\n\n',
    ));
  it('must have had a time', () => expect(() => templateOf('')).to.throw('Cannot broadcast a message without a time'));
});
