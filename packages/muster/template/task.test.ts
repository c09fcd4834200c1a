import { describe, it } from 'node:test';
import { given } from 'muster/testing';
import { task } from './task.ts';

const opened = { type: 'TaskOpened', data: { title: 'Buy milk' } } as const;
const finished = { type: 'TaskFinished', data: {} } as const;

describe('A task', () => {
  it('is opened with a title', () =>
    given(task).when('open', { title: 'Buy milk' }).thenEvent('TaskOpened', { title: 'Buy milk' }));
  it('has a title', () => given(task).when('open', { title: '' }).thenInvalid('/title'));
  it('is renamed while it is open', () =>
    given(task, opened).when('rename', { title: 'Buy bread' }).thenState({ title: 'Buy bread' }));
  it('stays as it is when it has that title already', () =>
    given(task, opened).when('rename', { title: 'Buy milk' }).thenUnchanged());
  it('is finished once', () => given(task, opened, finished).when('finish').thenRefused('AlreadyFinished'));
  it('keeps its title once it is finished', () =>
    given(task, opened, finished).when('rename', { title: 'Buy bread' }).thenRefused('AlreadyFinished'));
});
