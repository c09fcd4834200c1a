import { absent, type State } from '@muster/model';
import { at, note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { applyTo, type Change, findChange, noteState, openStates, type States } from './states.ts';

const created = (entityId = 'a') =>
  storedNote({ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 } }, { entityId });
const updated = (version: number, stars: number, entityId = 'a') =>
  storedNote({ type: 'NoteUpdated', version, data: { stars } }, { entityId });
const shredded = (version: number) => storedNote({ type: 'NoteShredded', version });
const deleted = (version: number) => storedNote({ type: 'NoteDeleted', version });

const stateOf = (version: number, stars: number): State => ({
  ...{ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) },
});
const find = (states: States, event: ReturnType<typeof created>) => findChange(states, note, event);
const starsOf = (change: Change | undefined) =>
  change?.kind === 'change'
    ? [change.before, change.after].map((state) => (state?.status === 'active' ? state.fields.stars : state?.status))
    : change?.kind;

describe('What an event did', () => {
  it('is known from the first event of a stream on, and from each known state', () => {
    const states = openStates();
    expect(find(states, created())).to.deep.equal({ kind: 'change', before: absent, after: stateOf(1, 1) });
    expect(starsOf(find(states, updated(2, 2)))).to.deep.equal([1, 2]);
    expect(starsOf(find(states, deleted(3)))).to.deep.equal([2, 'deleted']);
    noteState(states, note, 'b', stateOf(7, 3));
    expect(starsOf(find(states, updated(8, 4, 'b')))).to.deep.equal([3, 4]);
  });

  it('is not known behind a gap, for another stream, or if the known state is newer', () => {
    const states = openStates();
    expect(find(states, updated(2, 2))).to.equal(undefined);
    find(states, created());
    expect(find(states, updated(3, 3))).to.equal(undefined);
    expect(find(states, updated(2, 2, 'b'))).to.equal(undefined);
    expect(starsOf(find(states, updated(2, 2)))).to.deep.equal([1, 2]); // the gap changed nothing
    expect(find(states, updated(2, 2))).to.equal(undefined);
    expect(starsOf(find(states, created()))).to.deep.equal(['absent', 1]); // a first event needs no known state
    expect(starsOf(find(states, updated(3, 3)))).to.deep.equal([2, 3]); // and no newer state is lost
  });

  it('keeps the newest state that was noted', () => {
    const states = openStates();
    noteState(states, note, 'a', stateOf(5, 5));
    noteState(states, note, 'a', stateOf(4, 4));
    expect(starsOf(find(states, updated(6, 6)))).to.deep.equal([5, 6]);
  });

  it('is not clear for an event that cannot be applied, and unknown for those behind it', () => {
    const states = openStates();
    find(states, created());
    expect(find(states, shredded(2))).to.deep.equal({ kind: 'unclear' });
    expect(find(states, updated(3, 3))).to.equal(undefined);
    expect(find(states, updated(2, 2))).to.equal(undefined);
    expect(find(states, storedNote({ type: 'NoteCreated', version: 1, data: { stars: 1 } }))).to.deep.equal({
      ...{ kind: 'unclear' },
    });
    expect(applyTo(states, note, stateOf(2, 2), shredded(3))).to.deep.equal({ kind: 'unclear' });
    expect(states.size).to.equal(0);
  });

  it('is noted for 20,000 streams, those that were noted last', () => {
    const states = openStates();
    for (let n = 0; n < 20_000; n += 1) noteState(states, note, `n${n}`, stateOf(1, n));
    noteState(states, note, 'n0', stateOf(2, 0));
    noteState(states, note, 'one more', stateOf(1, 1));
    expect(states.size).to.equal(20_000);
    expect(find(states, updated(2, 7, 'n1'))).to.equal(undefined);
    expect(starsOf(find(states, updated(3, 7, 'n0')))).to.deep.equal([0, 7]);
    expect(starsOf(find(states, updated(2, 7, 'n2')))).to.deep.equal([2, 7]);
    expect(states.size).to.equal(20_000);
  });
});
