import { expect } from 'chai';
import fc from 'fast-check';
import { entryTime, givenEntryTime, readEntryTime } from './entry-time.ts';

const zones = ['UTC', 'America/New_York', 'Asia/Kolkata'];

describe('The time of an entry', () => {
  const zoneOfTests = process.env.TZ;
  afterEach(() => {
    if (zoneOfTests === undefined) delete process.env.TZ;
    else process.env.TZ = zoneOfTests;
  });
  const timesOf = (time: string | number) =>
    zones.map((zone) => {
      process.env.TZ = zone;
      return readEntryTime(time);
    });
  const isAccepted = (time: unknown) => entryTime().validate(time, { convert: false }).error === undefined;

  it('is in UTC if the text names no zone, wherever the program runs', () => {
    for (const [time, same] of [
      ['2026-01-01T00:00:00', '2026-01-01T00:00:00Z'],
      ['2026-01-01 00:00', '2026-01-01T00:00Z'],
      ['2026-01-01', '2026-01-01T00:00Z'],
      ['2026-01-01T00:00:00-05:00', '2026-01-01T05:00:00Z'],
      ['2026-01-01 00:00+0530', '2025-12-31T18:30:00Z'],
      ['2026-01-01T00:00-05', '2026-01-01T05:00:00Z'],
      [7, '1970-01-01T00:00:00.007Z'],
    ] as const) {
      expect(isAccepted(time), String(time)).to.equal(true);
      expect(timesOf(time), String(time)).to.deep.equal(zones.map(() => Date.parse(same)));
    }
    const withMicroseconds = timesOf('2026-01-01T00:00:00.123456');
    expect(withMicroseconds).to.deep.equal(zones.map(() => Date.parse('2026-01-01T00:00:00.123Z') + 0.456));
  });

  it('is no week, no day of the year, no month alone, and no number below 0', () => {
    for (const time of ['2026-W10', '2026-059', '2026-02', '2026', '20260228', '2026-02-28T10', '', 'yesterday', -1])
      expect(isAccepted(time), String(time)).to.equal(false);
  });

  it('is a day that exists, if a client sends it', () => {
    const isTaken = (time: unknown) => givenEntryTime().validate(time, { convert: false }).error === undefined;
    const day = fc.tuple(fc.constantFrom(0, 4, 1900, 2000, 2023, 2024, 2100, 2400), fc.nat(11), fc.nat(30));
    fc.assert(
      fc.property(day, fc.constantFrom('', 'T10:00Z', ' 10:00'), ([year, month, of], rest) => {
        const two = (value: number) => String(value + 1).padStart(2, '0');
        const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(of)}`;
        const date = new Date(`${text}T00:00Z`);
        const exists = date.getUTCMonth() === month && date.getUTCDate() === of + 1;
        expect(isTaken(text + rest), text).to.equal(exists);
        expect(isAccepted(text + rest), text).to.equal(true); // an earlier version may have stored it
      }),
      { numRuns: 5_000 },
    );
    expect(isTaken(7)).to.equal(true);
    expect(isTaken('2026-02')).to.equal(false);
  });

  it('is one number in all zones for each text that is accepted', () => {
    const text = fc
      .tuple(
        fc.constantFrom(
          '2026-02-28',
          '2026-02-31',
          '2026-04-31',
          '0000-01-01',
          '9999-12-31',
          '2026-02',
          '+002026-02-01',
        ),
        fc.constantFrom('', 'T', ' ', 't', '\n'),
        fc.constantFrom('', '10', '10:00', '1000', '10:00:00', '10:00:00.5', '10:00:00,5', '24:00', '23:59:60'),
        fc.constantFrom('', 'Z', 'z', '+05', '+0530', '-05:00', '+24:00', '+23:59'),
      )
      .map((parts) => parts.join(''));
    const accepted = text.filter(isAccepted);
    fc.assert(
      fc.property(accepted, (time) => {
        const [first, ...others] = timesOf(time);
        expect(first, time).to.satisfy(Number.isFinite);
        for (const other of others) expect(other, time).to.equal(first);
      }),
      { numRuns: 1_000 },
    );
  });
});
