import { openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { databaseNow, measureClock, openClock } from './database-clock.ts';
import { openLog } from './open-log.ts';
import { DeadlineError } from './within-deadline.ts';

describe("The database's clock", function () {
  this.timeout(60_000);

  it("is this machine's clock until it is measured", () => {
    const clock = openClock();
    expect(clock.measured).to.equal(false);
    expect(databaseNow(clock).getTime()).to.be.closeTo(Date.now(), 50);
  });

  it('is right after a measurement, however wrong the estimate was', async () => {
    await using log = await openTestLog();
    const clock = openClock(0);
    await measureClock(log, clock, 5_000);
    expect(clock.measured).to.equal(true);
    // the tests' database runs on this machine
    expect(databaseNow(clock).getTime()).to.be.closeTo(Date.now(), 100);
  });

  it('advances between two measurements', async () => {
    const clock = openClock();
    const before = databaseNow(clock).getTime();
    const startedAt = performance.now();
    while (performance.now() - startedAt < 20);
    const advancedMs = databaseNow(clock).getTime() - before;
    expect(advancedMs).to.be.within(19, performance.now() - startedAt + 2);
  });

  it('never returns a time before the given one', () => {
    const clock = openClock();
    const future = new Date(Date.now() + 60_000);
    expect(databaseNow(clock, future)).to.deep.equal(future);
    expect(databaseNow(clock, new Date(0)).getTime()).to.be.closeTo(Date.now(), 50);
  });

  it('does not go back behind a time that another process gave to an earlier event', () => {
    const clock = openClock();
    const ahead = new Date(Date.now() + 300);
    expect(databaseNow(clock, ahead)).to.deep.equal(ahead);
    expect(databaseNow(clock)).to.deep.equal(ahead);
  });

  it('does not go back when a measurement corrects it a little, and does when a clock was set', () => {
    const clock = openClock();
    const before = databaseNow(clock).getTime();
    clock.offsetMs -= 500;
    expect(databaseNow(clock).getTime()).to.equal(before);
    clock.offsetMs += 490;
    expect(databaseNow(clock).getTime()).to.be.within(before, before + 400);
    clock.offsetMs -= 60_000;
    expect(databaseNow(clock).getTime()).to.be.closeTo(before - 60_000, 1_000);
  });

  it('throws a DeadlineError when the database does not answer, and keeps the estimate', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody', database: 'muster', appName: 'test' });
    const clock = { ...openClock(7), measured: true };
    expect(await measureClock(log, clock, 50).catch((error: unknown) => error)).to.be.instanceOf(DeadlineError);
    expect(clock).to.deep.equal({ ...openClock(7), measured: true });
  });
});
