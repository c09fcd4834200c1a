import { expect } from 'chai';
import { openExchange } from './exchange.ts';
import { openPlaces } from './places.ts';
import { readApart } from './read-apart.ts';

const openReading = (places = openPlaces(1, 0), reachable = true) => {
  const refused: string[] = [];
  const inc = ({ reason }: { reason: string }) => refused.push(reason);
  const gateway = { database: { reachable }, metrics: { refused: { inc } } } as never;
  const exchange = openExchange({ requestId: 'r' });
  const read = (work: () => Promise<object>) =>
    readApart(gateway, exchange, { places, deadlineMs: 1_000, what: 'read it' }, work);
  const answered = () => ({ status: exchange.status, ...JSON.parse(String(exchange.body)) });
  return { read, refused, answered };
};

describe('A read of the past', () => {
  it('returns its result, and answers nothing', async () => {
    const { read } = openReading();
    expect(await read(async () => ({ one: 1 }))).to.deep.equal({ one: 1 });
  });

  it('is answered with 503 when all places are taken', async () => {
    const { read, refused, answered } = openReading(openPlaces(0, 0));
    expect(await read(() => Promise.reject(new Error('it runs')))).to.equal(undefined);
    expect(answered().status).to.equal(503);
    expect(answered().detail).to.match(/^Cannot read it: as many such reads/);
    expect(refused).to.deep.equal(['past']);
  });

  it('is answered with 503 and the reason when it fails', async () => {
    const { read, answered } = openReading();
    expect(await read(() => Promise.reject(new Error('no answer within 5 ms')))).to.equal(undefined);
    expect(answered().status).to.equal(503);
    expect(answered().detail).to.match(/^Cannot read it: no answer within 5 ms; try again/);
  });

  it('does not run while the database is known to be away', async () => {
    const { read, answered } = openReading(openPlaces(1, 0), false);
    expect(await read(() => Promise.reject(new Error('it runs')))).to.equal(undefined);
    expect(answered().detail).to.contain('the database does not answer');
  });
});
