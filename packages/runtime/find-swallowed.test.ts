import { expect } from 'chai';
import { findSwallowed } from './find-swallowed.ts';

const scale = ['--gateways <number>', '--restart', '--only <which>', '--set <NAME=VALUE...>'];
const bench = ['--users <number>', '--mixed-seconds <number>', '--quick'];

// what npm 11 always sets
const ofNpm = (event: string, given: Record<string, string> = {}) => ({
  npm_lifecycle_event: event,
  npm_config_user_agent: 'npm/11.19.1 node/v20.20.2',
  npm_config_noproxy: '',
  npm_config_audit: '',
  npm_config_loglevel: 'silent',
  ...given,
});

describe('An option that npm kept for itself', () => {
  it('is reported with the intended command', () => {
    const problem = findSwallowed('scale', scale, ['2'], ofNpm('scale', { npm_config_gateways: 'true' }));
    expect(problem)
      .to.match(/--gateways/)
      .and.match(/\n {2}npm run scale -- --gateways 2$/);
  });

  const meantOf = (command: string, flags: string[], words: string[], given: Record<string, string>) =>
    findSwallowed(command, flags, words, ofNpm(command, given))?.split('\n').at(-1)?.trim();

  it('may include its value', () =>
    expect(meantOf('scale', scale, [], { npm_config_gateways: '2' })).to.equal('npm run scale -- --gateways 2'));

  it('may be a switch, next to words that reached the command', () =>
    expect(meantOf('scale', scale, ['--only', 'gateway-1'], { npm_config_restart: 'true' })).to.equal(
      'npm run scale -- --restart --only gateway-1',
    ));

  it('may be given several times', () =>
    expect(meantOf('scale', scale, ['A=1', 'B=2 3'], { npm_config_set: 'true\n\ntrue' })).to.equal(
      "npm run scale -- --set A=1 --set 'B=2 3'",
    ));

  it('may have a name with a hyphen', () =>
    expect(meantOf('bench', bench, ['3'], { npm_config_mixed_seconds: 'true' })).to.equal(
      'npm run bench -- --mixed-seconds 3',
    ));

  it('gets no value that may belong to another option', () => {
    expect(meantOf('scale', scale, ['5', '2'], { npm_config_gateways: 'true' })).to.equal(
      'npm run scale -- --gateways <number>',
    );
    const two = { npm_config_users: 'true', npm_config_mixed_seconds: 'true' };
    expect(meantOf('bench', bench, ['10', '4'], two)).to.equal(
      'npm run bench -- --users <number> --mixed-seconds <number>',
    );
  });
});

describe('An option that npm did not keep', () => {
  it('is one that npm always sets', () =>
    expect(findSwallowed('scale', scale, ['5'], ofNpm('scale'))).to.equal(undefined));

  it('is one of npm’s own options, such as only, which a file may set for all commands', () =>
    expect(findSwallowed('scale', scale, [], ofNpm('scale', { npm_config_only: 'prod' }))).to.equal(undefined));

  it('is one that was set to false', () =>
    expect(findSwallowed('scale', scale, [], ofNpm('scale', { npm_config_restart: '' }))).to.equal(undefined));

  it('is one of another script, or of a command outside npm', () => {
    const { npm_lifecycle_event: _, ...noScript } = ofNpm('scale', { npm_config_gateways: 'true' });
    expect(findSwallowed('scale', scale, [], ofNpm('test', { npm_config_gateways: 'true' }))).to.equal(undefined);
    expect(findSwallowed('scale', scale, [], noScript)).to.equal(undefined);
  });
});
