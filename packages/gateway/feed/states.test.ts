import { absent, type State } from '@muster/model';
import { note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { applyTo, findChange, noteState, openStates } from './states.ts';

const created = storedNote({ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 } }, { entityId: 'a' });
const updated = (version: number) =>
  storedNote({ type: 'NoteUpdated', version, data: { stars: version } }, { entityId: 'a' });
const starsOf = (state: State | undefined) => (state?.status === 'active' ? state.fields.stars : state?.status);

describe('The known states of streams', () => {
  it('are those before and after an event, from the creation on', () => {
    const states = openStates();
    const changes = [created, updated(2), updated(3)].map((event) => findChange(states, note, event));
    expect(
      changes.map((change) => (change?.kind === 'change' ? [starsOf(change.before), starsOf(change.after)] : change)),
    ).to.deep.equal([
      ['absent', 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('say nothing of an event that does not follow the known version', () => {
    const states = openStates();
    findChange(states, note, created);
    expect(findChange(states, note, updated(3))).to.equal(undefined);
    findChange(states, note, updated(2));
    expect(findChange(states, note, updated(2))).to.equal(undefined); // it comes again
  });

  it('never go back, and forget a stream with an event that cannot be applied', () => {
    const states = openStates();
    findChange(states, note, created);
    findChange(states, note, updated(2));
    applyTo(states, note, absent, created);
    expect([...states.values()].map(({ version }) => version)).to.deep.equal([2]);
    const odd = { ...updated(3), type: 'NoteEaten' };
    expect(findChange(states, note, odd)).to.deep.equal({ kind: 'unclear' });
    expect(states.size).to.equal(0);
  });

  it('are bounded: the one that was noted longest ago goes first', () => {
    const states = openStates();
    for (let n = 0; n < 20_010; n += 1) noteState(states, note, `id${n}`, { status: 'absent', version: 1 });
    expect([states.size, states.has('note:id9'), states.has('note:id10')]).to.deep.equal([20_000, false, true]);
  });
});
