import { absent, type Command, type DecidedEvent, type EngineRefusal, type State } from '@muster/model';
import type { Loaded } from '@muster/store';
import { at, commandOf, note } from '@muster/testing';
import { expect } from 'chai';
import { decideAndAppend, type Known, type Steps } from './decide-and-append.ts';
import type { Outcome } from './outcome.ts';

const stateAt = (version: number, stars: number): State => ({
  ...{ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) },
});
const known = (state: State, more: Partial<Known> = {}): Known => ({ state, parked: undefined, fresh: false, ...more });
const setStars = (stars: number): Command => commandOf('update', { stars });
const starsSet = (stars: number): DecidedEvent => ({ type: 'NoteUpdated', data: { stars } });
const refusedWith = (reason: EngineRefusal) => ({ kind: 'refused', refusal: { kind: 'refused', reason } });

/** A log as the loop sees it: each look finds the next state, each append gets the next answer, then all are done. */
const openSteps = (answers: (Outcome | 'conflict')[], looks: (State | Loaded)[] = []) => {
  const appended: [version: number, DecidedEvent][] = [];
  const looked: number[] = [];
  const steps: Steps = {
    nowFor: (state) => at(state.version + 1),
    append: async (state, decided) => {
      appended.push([state.version + 1, decided.event]);
      expect(decided.at).to.deep.equal(at(state.version + 1));
      return answers.shift() ?? { kind: 'done', state: decided.next };
    },
    readAgain: async (state) => {
      looked.push(state.version);
      const next = looks.shift();
      if (!next) throw new Error('the database is away');
      return 'state' in next ? next : { state: next, parked: undefined };
    },
  };
  return { steps, appended, looked };
};

describe('A command', () => {
  it('that leads to an event appends it once, without a look into the log', async () => {
    const { steps, appended, looked } = openSteps([]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: { ...stateAt(5, 2), createdAt: at(1) } });
    expect(appended).to.deep.equal([[5, starsSet(2)]]);
    expect(looked).to.deep.equal([]);
  });

  it('that somebody was faster than is decided again on what he left', async () => {
    const { steps, appended, looked } = openSteps(['conflict', 'conflict'], [stateAt(5, 7), stateAt(8, 9)]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome.kind).to.equal('done');
    expect(appended.map(([version]) => version)).to.deep.equal([5, 6, 9]);
    expect(looked).to.deep.equal([4, 5]);
  });

  it('that somebody did already appends nothing more', async () => {
    const { steps, appended } = openSteps(['conflict'], [stateAt(5, 2)]);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'done', state: stateAt(5, 2) },
    });
    expect(appended).to.have.length(1);
  });

  it('that the state after somebody faster forbids is refused', async () => {
    const deleted: State = { status: 'deleted', version: 5, createdAt: at(1), deletedAt: at(5) };
    const { steps } = openSteps(['conflict'], [deleted]);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...refusedWith('Deleted'),
      state: deleted,
    });
  });

  it('that creates what exists by now is refused after one conflict', async () => {
    const { steps, appended, looked } = openSteps(['conflict'], [stateAt(1, 7)]);
    const create = commandOf('create', { text: 'one', stars: 1 });
    const outcome = await decideAndAppend(note, create, known(absent), steps);
    expect(outcome).to.deep.equal({ ...refusedWith('Exists'), state: stateAt(1, 7) });
    expect([appended.length, looked]).to.deep.equal([1, [0]]);
  });

  it('that changes nothing in memory is answered only after a look into the log', async () => {
    const { steps, appended, looked } = openSteps([], [stateAt(4, 2)]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 2)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: stateAt(4, 2) });
    expect([appended.length, looked]).to.deep.equal([0, [4]]);
  });

  it('that changes nothing in memory, but something in the log, appends it', async () => {
    const { steps, appended } = openSteps([], [stateAt(5, 1)]);
    expect((await decideAndAppend(note, setStars(2), known(stateAt(4, 2)), steps)).kind).to.equal('done');
    expect(appended).to.deep.equal([[6, starsSet(2)]]);
  });

  it('that memory refuses is refused only if the log does too; one look is enough', async () => {
    const command: Command = { ...setStars(2), ifVersion: 5 };
    const later = openSteps([], [stateAt(5, 1)]);
    expect((await decideAndAppend(note, command, known(stateAt(4, 1)), later.steps)).kind).to.equal('done');
    const same = openSteps([], [stateAt(4, 1)]);
    expect(await decideAndAppend(note, command, known(stateAt(4, 1)), same.steps)).to.deep.include(
      refusedWith('OtherVersion'),
    );
    expect(same.looked).to.deep.equal([4]);
  });

  it('needs no further look where its first state is from one', async () => {
    for (const command of [setStars(1), { ...setStars(2), ifVersion: 3 }]) {
      const { steps, looked } = openSteps([]);
      await decideAndAppend(note, command, known(stateAt(4, 1), { fresh: true }), steps);
      expect(looked).to.deep.equal([]);
    }
  });

  it('on a stream that is parked appends nothing, whether it was known so or shows only then', async () => {
    const parked = { version: 5, problem: 'unknown type' };
    const at4 = stateAt(4, 1);
    const first = openSteps([]);
    const outcome = { kind: 'parked', state: at4, problem: 'unknown type' };
    expect(await decideAndAppend(note, setStars(2), known(at4, { parked }), first.steps)).to.deep.equal(outcome);
    const later = openSteps(['conflict'], [{ state: at4, parked }]);
    expect(await decideAndAppend(note, setStars(2), known(at4), later.steps)).to.deep.equal(outcome);
    expect([first.appended.length, later.appended.length]).to.deep.equal([0, 1]);
  });

  it('that did not get through is answered so, and not decided again', async () => {
    for (const written of ['notWritten', 'unknown'] as const) {
      const unavailable: Outcome = { kind: 'unavailable', written, why: 'no answer', version: 5 };
      const { steps, appended } = openSteps([unavailable]);
      expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.equal(unavailable);
      expect(appended).to.have.length(1);
    }
  });

  it('gives up after somebody else was faster 100 times: nothing of it is in the log', async () => {
    const looks = Array.from({ length: 100 }, (_, n) => stateAt(5 + n, 1_000 + n));
    const { steps, appended } = openSteps(Array(100).fill('conflict'), looks);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'unavailable', written: 'notWritten', why: 'somebody else was faster 100 times', version: undefined },
    });
    expect(appended).to.have.length(100);
  });

  it('throws what a look into the log throws', async () => {
    const { steps } = openSteps(['conflict']);
    const thrown = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps).catch(String);
    expect(thrown).to.equal('Error: the database is away');
  });
});
