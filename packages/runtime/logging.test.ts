import { expect } from 'chai';
import { withoutCredentials } from './logging.ts';

describe('A text without credentials', () => {
  it('contains no user and no password of a URI', () => {
    expect(withoutCredentials('mongodb://ada:secret@db:27017/muster')).to.equal('mongodb://***@db:27017/muster');
    expect(withoutCredentials('from mongodb+srv://ada:secret@db to mongodb://bob:hidden@other')).to.equal(
      'from mongodb+srv://***@db to mongodb://***@other',
    );
  });

  it('contains none even when they were not escaped', () => {
    for (const password of ['p@ss', 'pa/ss', 'p:a?s#s', '@', 'a@b/c@d']) {
      const text = withoutCredentials(`Cannot reach "mongodb://ada:${password}@db:27017/x": no answer`);
      expect(text, password).to.equal('Cannot reach "mongodb://***@db:27017/x": no answer');
    }
    expect(withoutCredentials('MONGODB://ada:secret@db')).not.to.contain('secret');
  });

  it('is otherwise unchanged', () => {
    for (const text of [
      'mongodb://db:27017/?replicaSet=x',
      'ada@example.org',
      '',
      'mongodb://',
      '"mongodb://db" told ada@example.org',
    ])
      expect(withoutCredentials(text), text).to.equal(text);
  });
});
