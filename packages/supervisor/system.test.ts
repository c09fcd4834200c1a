import { expect } from 'chai';
import { describeSystem } from './print-running.ts';
import { describeRunning } from './running.ts';
import { planSystem } from './system.ts';

const planWith = (environment: Record<string, string>) => planSystem({ dataPath: '/nowhere', environment });

describe('A planned system', () => {
  it('makes its own secret for the wire when none is set', () => {
    const [one, two, three] = [planWith({}), planWith({}), planWith({ CLUSTER_SECRET: '' })].map(
      ({ clusterSecret }) => clusterSecret,
    );
    for (const secret of [one, two, three]) expect(secret).to.match(/^[0-9a-f]{48}$/);
    expect(new Set([one, two, three]).size).to.equal(3);
  });

  it('uses the secret that is set', () => {
    expect(planWith({ CLUSTER_SECRET: 'set by a user' }).clusterSecret).to.equal('set by a user');
  });

  it('saves its secret for the commands and never prints it', () => {
    const system = planWith({});
    const running = describeRunning({ supervisorPid: 1, supervisor: 'x' }, system, '127.0.0.1');
    expect(running.clusterSecret).to.equal(system.clusterSecret);
    expect(describeSystem(running)).not.to.contain(system.clusterSecret);
  });
});
