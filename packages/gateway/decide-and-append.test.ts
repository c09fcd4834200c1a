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

/**
 * A log for the loop. Each read returns the next state. Each append returns the next answer, and `done` after the last
 * one.
 */
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
  it('that results in an event appends it once, without a read of the log', async () => {
    const { steps, appended, looked } = openSteps([]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: { ...stateAt(5, 2), createdAt: at(1) } });
    expect(appended).to.deep.equal([[5, starsSet(2)]]);
    expect(looked).to.deep.equal([]);
  });

  it('is decided again on the newer state after a conflict', async () => {
    const { steps, appended, looked } = openSteps(['conflict', 'conflict'], [stateAt(5, 7), stateAt(8, 9)]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome.kind).to.equal('done');
    expect(appended.map(([version]) => version)).to.deep.equal([5, 6, 9]);
    expect(looked).to.deep.equal([4, 5]);
  });

  it('that changes nothing after a conflict appends nothing more', async () => {
    const { steps, appended } = openSteps(['conflict'], [stateAt(5, 2)]);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'done', state: stateAt(5, 2) },
    });
    expect(appended).to.have.length(1);
  });

  it('is refused when the state after a conflict does not allow it', async () => {
    const deleted: State = { status: 'deleted', version: 5, createdAt: at(1), deletedAt: at(5) };
    const { steps } = openSteps(['conflict'], [deleted]);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...refusedWith('Deleted'),
      state: deleted,
    });
  });

  it('that creates an existing thing is refused after one conflict', async () => {
    const { steps, appended, looked } = openSteps(['conflict'], [stateAt(1, 7)]);
    const create = commandOf('create', { text: 'one', stars: 1 });
    const outcome = await decideAndAppend(note, create, known(absent), steps);
    expect(outcome).to.deep.equal({ ...refusedWith('Exists'), state: stateAt(1, 7) });
    expect([appended.length, looked]).to.deep.equal([1, [0]]);
  });

  it('that changes nothing in memory is answered only after a read of the log', async () => {
    const { steps, appended, looked } = openSteps([], [stateAt(4, 2)]);
    const outcome = await decideAndAppend(note, setStars(2), known(stateAt(4, 2)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: stateAt(4, 2) });
    expect([appended.length, looked]).to.deep.equal([0, [4]]);
  });

  it('that changes nothing in memory, but changes the state in the log, appends its event', async () => {
    const { steps, appended } = openSteps([], [stateAt(5, 1)]);
    expect((await decideAndAppend(note, setStars(2), known(stateAt(4, 2)), steps)).kind).to.equal('done');
    expect(appended).to.deep.equal([[6, starsSet(2)]]);
  });

  it('that is not allowed in memory is refused only if the log agrees, after one read', async () => {
    const command: Command = { ...setStars(2), ifVersion: 5 };
    const later = openSteps([], [stateAt(5, 1)]);
    expect((await decideAndAppend(note, command, known(stateAt(4, 1)), later.steps)).kind).to.equal('done');
    const same = openSteps([], [stateAt(4, 1)]);
    expect(await decideAndAppend(note, command, known(stateAt(4, 1)), same.steps)).to.deep.include(
      refusedWith('OtherVersion'),
    );
    expect(same.looked).to.deep.equal([4]);
  });

  it('needs no further read when its first state is fresh', async () => {
    for (const command of [setStars(1), { ...setStars(2), ifVersion: 3 }]) {
      const { steps, looked } = openSteps([]);
      await decideAndAppend(note, command, known(stateAt(4, 1), { fresh: true }), steps);
      expect(looked).to.deep.equal([]);
    }
  });

  it('on a parked stream appends nothing, whether that is known first or after a conflict', async () => {
    const parked = { version: 5, problem: 'unknown type' };
    const at4 = stateAt(4, 1);
    const first = openSteps([]);
    const outcome = { kind: 'parked', state: at4, problem: 'unknown type' };
    expect(await decideAndAppend(note, setStars(2), known(at4, { parked }), first.steps)).to.deep.equal(outcome);
    const later = openSteps(['conflict'], [{ state: at4, parked }]);
    expect(await decideAndAppend(note, setStars(2), known(at4), later.steps)).to.deep.equal(outcome);
    expect([first.appended.length, later.appended.length]).to.deep.equal([0, 1]);
  });

  it('whose append is unavailable is answered so and not decided again', async () => {
    for (const written of ['notWritten', 'unknown'] as const) {
      const unavailable: Outcome = { kind: 'unavailable', written, why: 'no answer', version: 5 };
      const { steps, appended } = openSteps([unavailable]);
      expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.equal(unavailable);
      expect(appended).to.have.length(1);
    }
  });

  it('gives up after 100 conflicts and appends nothing', async () => {
    const looks = Array.from({ length: 100 }, (_, n) => stateAt(5 + n, 1_000 + n));
    const { steps, appended } = openSteps(Array(100).fill('conflict'), looks);
    expect(await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'unavailable', written: 'notWritten', why: 'somebody else was faster 100 times', version: undefined },
    });
    expect(appended).to.have.length(100);
  });

  it('throws the error of a read of the log', async () => {
    const { steps } = openSteps(['conflict']);
    const thrown = await decideAndAppend(note, setStars(2), known(stateAt(4, 1)), steps).catch(String);
    expect(thrown).to.equal('Error: the database is away');
  });
});
