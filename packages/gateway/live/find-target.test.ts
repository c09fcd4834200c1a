import { countBy, defineRecord } from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { findTarget, type Target } from './find-target.ts';

const recordOf = (name: string, title: string, collection: string) =>
  defineRecord({
    ...{ name, title, collection, fields: { text: Joi.string(), group: Joi.number() } },
    ...{ indexes: ['group'], views: { byGroup: countBy('group') } },
  });
const [user, userGroup] = [recordOf('user', 'User', 'Users'), recordOf('usergroup', 'Group', 'Groups')];
const entities = [user, userGroup];

const writeTarget = (target: Target | undefined): string => {
  switch (target?.kind) {
    case undefined:
      return 'nothing';
    case 'events':
      return `events of ${target.scope.entities.map(({ name }) => name)} ${target.scope.id ?? 'all'}`;
    case 'list':
      return `list of ${target.entity.name}`;
    case 'view':
      return `view ${target.view.name} of ${target.entity.name}`;
    case 'thing':
      return `${target.entity.name} ${target.id}`;
  }
};
const find = (path: string) => writeTarget(findTarget(entities, path));

describe('What an address shows live', () => {
  it('is events, a list, a view or one thing', () => {
    expect(find('/api/events')).to.equal('events of user,usergroup all');
    expect(find('/api/user/events')).to.equal('events of user all');
    expect(find('/api/user/a/events')).to.equal('events of user a');
    expect(find('/api/user')).to.equal('list of user');
    expect(find('/api/user/views/byGroup')).to.equal('view byGroup of user');
    expect(find('/api/user/a')).to.equal('user a');
    expect(find('/api/usergroup/a')).to.equal('usergroup a');
    expect(find('/api/usergroup')).to.equal('list of usergroup');
  });

  it('is the same with a slash at its end', () => {
    for (const path of ['/api/events', '/api/user/events', '/api/user/a/events', '/api/user', '/api/user/a'])
      expect(find(`${path}/`), path).to.equal(find(path));
    expect(find('/api/user/views/byGroup/')).to.equal('view byGroup of user');
    for (const path of ['/api/user//', '/api/events//', '/api/user/a//', '/'])
      expect(find(path), path).to.equal('nothing');
  });

  it('is nothing at other addresses', () => {
    for (const path of [
      ...['/', '/api', '/api/', '/api/other', '/api/users', '/api/use', '/api/live', '/API/user', '/api/User'],
      ...[
        '/api/user/count',
        '/api/user/a/history',
        '/api/user/views/other',
        '/api/user/views/toString',
        '/openapi.json',
      ],
      ...['/api/user/a/events/more', '/api/user//events', '/api/user/views/byGroup/x', '/api/events/x', ''],
    ])
      expect(find(path), path).to.equal('nothing');
  });

  it('decodes ids; one that cannot be decoded is no id', () => {
    expect(find('/api/user/a%20b')).to.equal('user a b');
    expect(find('/api/user/a%2Fevents')).to.equal('user a/events');
    expect(find('/api/user/%zz/events')).to.equal('events of user %zz');
    expect(find('/api/user/Count')).to.equal('user Count');
  });

  it('is found without an exception for any path', () => {
    const parts = fc.constantFrom('api', 'user', 'events', 'views', 'byGroup', 'count', 'a', '', '%', '%2f', '..');
    fc.assert(fc.property(fc.array(parts), (path) => void find(`/${path.join('/')}`)));
    fc.assert(fc.property(fc.string(), (path) => void find(path)));
  });
});
