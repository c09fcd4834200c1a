import { expect } from 'chai';
import { judgeWords } from './judge-words.ts';

const ofNpm = { npm_lifecycle_event: 'start', npm_config_user_agent: 'npm/11.19.1', npm_config_audit: '' };

describe('The arguments of npm start', () => {
  it('are accepted when there are none', () => expect(judgeWords([], ofNpm)).to.equal(undefined));

  it('are refused, because they would have no effect', () => {
    expect(judgeWords(['--gateways', '2'], ofNpm))
      .to.contain('--gateways 2')
      .and.contain('GATEWAYS=2 npm start');
    expect(judgeWords(['5'], {}))
      .to.contain('5')
      .and.contain('environment');
  });

  it('are refused even if npm kept them for itself', () => {
    expect(judgeWords(['2'], { ...ofNpm, npm_config_gateways: 'true' }))
      .to.contain('--gateways')
      .and.contain('GATEWAYS=2 npm start');
    expect(judgeWords([], { ...ofNpm, npm_config_port: '4000' }))
      .to.contain('--port')
      .and.contain('PORT=4000 npm start');
    const two = { ...ofNpm, npm_config_health_port: 'true', npm_config_port: 'true' };
    expect(judgeWords(['1', '2'], two)).to.contain('PORT=… HEALTH_PORT=… npm start');
  });

  it('are not those of another npm script', () =>
    expect(judgeWords([], { ...ofNpm, npm_lifecycle_event: 'test', npm_config_port: '4000' })).to.equal(undefined));
});
