import { expect } from 'chai';
import Joi from 'joi';
import { parseSettings, secretSettings, sharedSettings } from './settings.ts';

const table = {
  PORT: Joi.number().port().default(3_000),
  NAME: Joi.string().min(3).required(),
  PASSWORD: Joi.string().pattern(/^[a-z]+$/),
};
const problemsOf = (environment: Record<string, string | undefined>, secret: string[] = []) => {
  const parsed = parseSettings(table, environment, secret);
  return parsed.kind === 'problems' ? parsed.problems : [];
};

describe('The settings of a program', () => {
  it('are parsed from the environment with their types and defaults', () => {
    expect(parseSettings(table, { NAME: 'abc', PORT: '80' })).to.deep.equal({
      kind: 'settings',
      settings: { NAME: 'abc', PORT: 80 },
    });
    expect(parseSettings(table, { NAME: 'abc' })).to.deep.equal({
      kind: 'settings',
      settings: { NAME: 'abc', PORT: 3_000 },
    });
  });

  it('report all problems at once, each with the name, what is expected and the value found', () => {
    expect(problemsOf({ PORT: '99999', NAME: 'ab' })).to.deep.equal([
      '"PORT" must be a valid port (found 99999)',
      '"NAME" length must be at least 3 characters long (found "ab")',
    ]);
  });

  it('report a missing value', () => expect(problemsOf({})).to.deep.equal(['"NAME" is required (found nothing)']));

  it('treat an empty variable as unset', () => {
    expect(parseSettings(table, { NAME: 'abc', PORT: '' })).to.deep.equal({
      kind: 'settings',
      settings: { NAME: 'abc', PORT: 3_000 },
    });
    expect(problemsOf({ NAME: '' })).to.have.length(1);
  });

  it('ignore all other variables of the environment', () => {
    expect(
      problemsOf({ NAME: 'abc', HOME: '/root', toString: 'x', constructor: 'y' } as Record<string, string>),
    ).to.deep.equal([]);
  });

  it('never show the value of a secret, not even within what is expected', () => {
    const [problem] = problemsOf({ NAME: 'abc', PASSWORD: 'S3CRET' }, ['PASSWORD']);
    expect(problem).to.contain('PASSWORD').and.to.contain('not shown');
    expect(problem).not.to.contain('S3CRET');
    expect(problemsOf({ NAME: 'abc', PASSWORD: 'S3CRET' }).join()).to.contain('S3CRET');
  });
});

describe('The settings that both programs share', () => {
  const parse = (environment: Record<string, string>) => parseSettings(sharedSettings, environment, secretSettings);
  const uri = 'mongodb://ada:pass@db:27017/?replicaSet=x';

  const CLUSTER_SECRET = 'sixteen letters!';

  it('require the URI of a MongoDB, a secret, and nothing else', () => {
    const parsed = parse({ MONGODB_URI: uri, CLUSTER_SECRET });
    expect(parsed).to.have.nested.property('settings.MONGODB_URI', uri);
    expect(parsed).to.deep.include({ kind: 'settings' });
    expect(parse({ MONGODB_URI: uri }).kind).to.equal('problems');
    expect(parse({ CLUSTER_SECRET }).kind).to.equal('problems');
  });

  it('refuse any other URI without showing it', () => {
    const parsed = parse({ MONGODB_URI: 'postgres://ada:pass@db', CLUSTER_SECRET });
    expect(parsed.kind).to.equal('problems');
    expect(JSON.stringify(parsed)).not.to.contain('pass@');
  });

  it('refuse a secret that is too short or too long, without showing it', () => {
    for (const secret of ['15 letters long', 'x'.repeat(257)]) {
      const parsed = parse({ MONGODB_URI: uri, CLUSTER_SECRET: secret });
      expect(parsed.kind).to.equal('problems');
      expect(JSON.stringify(parsed)).to.contain('CLUSTER_SECRET').and.not.to.contain(secret);
    }
  });

  it('accept several hosts', () => {
    for (const several of [
      'mongodb://a:27017,b:27017,c:27017/?replicaSet=x',
      'mongodb+srv://cluster.example.org',
      'mongodb://a',
    ])
      expect(parse({ MONGODB_URI: several, CLUSTER_SECRET }).kind, several).to.equal('settings');
  });

  it('refuse invalid values and numbers outside their range', () => {
    const wrong = {
      PARTITIONS: ['0', '1025', '1.5', 'many'],
      LEASE_MS: ['0', '60001', '-1'],
      HEALTH_PORT: ['-1', '65536'],
      LOG_LEVEL: ['loud'],
      DATABASE: ['a.b', 'a b', '$x'],
    };
    for (const [name, values] of Object.entries(wrong))
      for (const value of values)
        expect(parse({ MONGODB_URI: uri, CLUSTER_SECRET, [name]: value }).kind, `${name}=${value}`).to.equal(
          'problems',
        );
  });
});
