import { expect } from 'chai';
import { parsePeriod } from './parse-period.ts';

const ends = (text: string) => {
  const period = parsePeriod(text);
  return period && [period.from.toISOString(), period.to.toISOString()];
};

describe('A period that a client names', () => {
  it('is a year, a month, a day, an hour or a minute, in UTC', () => {
    expect(ends('2017')).to.deep.equal(['2017-01-01T00:00:00.000Z', '2018-01-01T00:00:00.000Z']);
    expect(ends('2016-02')).to.deep.equal(['2016-02-01T00:00:00.000Z', '2016-03-01T00:00:00.000Z']);
    expect(ends('2017-12')).to.deep.equal(['2017-12-01T00:00:00.000Z', '2018-01-01T00:00:00.000Z']);
    expect(ends('2016-02-29')).to.deep.equal(['2016-02-29T00:00:00.000Z', '2016-03-01T00:00:00.000Z']);
    expect(ends('2017-01-01T10')).to.deep.equal(['2017-01-01T10:00:00.000Z', '2017-01-01T11:00:00.000Z']);
    expect(ends('2017-01-01T10:30')).to.deep.equal(['2017-01-01T10:30:00.000Z', '2017-01-01T10:31:00.000Z']);
    expect(ends('0050')).to.deep.equal(['0050-01-01T00:00:00.000Z', '0051-01-01T00:00:00.000Z']);
  });

  it('may have a zone with an hour', () => {
    expect(ends('2017-01-01T10+02:00')).to.deep.equal(['2017-01-01T08:00:00.000Z', '2017-01-01T09:00:00.000Z']);
    expect(ends('2017-01-01T10:30Z')).to.deep.equal(['2017-01-01T10:30:00.000Z', '2017-01-01T10:31:00.000Z']);
  });

  it('is one millisecond with seconds', () => {
    expect(ends('2017-01-01T10:30:15Z')).to.deep.equal(['2017-01-01T10:30:15.000Z', '2017-01-01T10:30:15.001Z']);
    expect(ends('2017-01-01T10:30:15.25')).to.deep.equal(['2017-01-01T10:30:15.250Z', '2017-01-01T10:30:15.251Z']);
  });

  it('is nothing else', () => {
    for (const text of ['', '17', '2017-', '2017-13', '2017-00', '2017-02-29', '2017-1-1', '2017-01-01T', '2017Z'])
      expect(ends(text), text).to.equal(undefined);
    for (const text of [
      '2017-01-01T25',
      '2017-01-01T10:60',
      '2017-01-01T10:30:61',
      ' 2017',
      '2017-01-01 10:30',
      '20170101',
    ])
      expect(ends(text), text).to.equal(undefined);
  });
});
