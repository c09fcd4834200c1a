import { expect } from 'chai';
import { openLineFormat } from './print-log.ts';

const format = openLineFormat(false);
const err = {
  type: 'MongoServerError',
  code: 11_000,
  message: 'taken',
  stack: 'MongoServerError: taken\n    at append (a.ts:1)\n    at b',
};

describe('A line of a program', () => {
  it('of its log is one line with the process, the time and the fields', () =>
    expect(format('gateway', '{"level":30,"time":0,"pid":1,"name":"gateway","port":3000,"msg":"Started"}')).to.match(
      /^gateway {6}\[\d\d:\d\d:\d\d\.000\] INFO: Started \{"port":3000\}\n$/,
    ));

  it('with an error shows the error and its place on that line', () =>
    expect(format('aggregator-0', JSON.stringify({ level: 50, time: 0, err, msg: 'Failed' }))).to.match(
      /^aggregator-0 \[.*\] ERROR: Failed .*MongoServerError 11000 taken at append \(a\.ts:1\).*\n$/,
    ));

  it('that is not a log line stays as it is', () =>
    expect(format('gateway', 'Warning: something')).to.equal('gateway      Warning: something\n'));
});
