import { expect } from 'chai';
import { describeSystem } from './print-running.ts';

const running = {
  supervisorPid: 1,
  supervisor: 'muster',
  url: 'http://127.0.0.1:3000',
  mongodbUri: 'mongodb://ada:secret@host/?replicaSet=rs0',
  mongodbPid: 11,
  processes: [
    { name: 'gateway', pid: 12, healthPort: 3_100 },
    { name: 'aggregator-0', pid: 13 },
  ],
};

describe('The message of npm start when all processes are ready', () => {
  const text = describeSystem(running, (url) => [`curl -i ${url}/api/note`]);
  it('has the address', () => expect(text).to.contain('Muster runs at http://127.0.0.1:3000'));
  it('has each process with its pid', () =>
    expect(text)
      .to.match(/mongodb +11/)
      .and.match(/gateway +12/)
      .and.match(/aggregator-0 +13/));
  it('has the health ports that are known', () => expect(text).to.contain('http://127.0.0.1:3100/readyz'));
  it('has the requests to try, with the address', () =>
    expect(text).to.contain('Try it:\n  curl -i http://127.0.0.1:3000/api/note\n'));
  it('has a command that finds the system, wherever its data are', () => {
    expect(text).to.contain('in another terminal: npm run scale -- 5\n');
    expect(describeSystem(running, () => [], '/tmp/sites/oslo')).to.contain(
      ': DATA=/tmp/sites/oslo npm run scale -- 5\n',
    );
    expect(describeSystem(running, () => [], "/my data/o's")).to.contain(
      `: DATA='/my data/o'\\''s' npm run scale -- 5\n`,
    );
  });
  it('has no password', () => expect(text).to.contain('mongodb://***@host').and.not.contain('secret'));
});
