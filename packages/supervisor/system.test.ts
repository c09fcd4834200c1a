import { expect } from 'chai';
import { describeSystem } from './print-running.ts';
import { describeRunning } from './running.ts';
import { planSystem } from './system.ts';

const planWith = (environment: Record<string, string>) => planSystem({ dataPath: '/nowhere', environment });

describe('A planned system', () => {
  it('has a secret of its own for its wire, where none is given', () => {
    const [one, two, three] = [planWith({}), planWith({}), planWith({ CLUSTER_SECRET: '' })].map(
      ({ clusterSecret }) => clusterSecret,
    );
    for (const secret of [one, two, three]) expect(secret).to.match(/^[0-9a-f]{48}$/);
    expect(new Set([one, two, three]).size).to.equal(3);
  });

  it('takes the secret that is given', () => {
    expect(planWith({ CLUSTER_SECRET: 'given by somebody' }).clusterSecret).to.equal('given by somebody');
  });

  it('writes its secret down for the commands, and prints it nowhere', () => {
    const system = planWith({});
    const running = describeRunning({ supervisorPid: 1, supervisor: 'x' }, system, '127.0.0.1');
    expect(running.clusterSecret).to.equal(system.clusterSecret);
    expect(describeSystem(running)).not.to.contain(system.clusterSecret);
  });
});
