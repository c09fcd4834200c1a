import { absent, type Command, type DecidedEvent, type EngineRefusal, type Entity, type State } from '@muster/model';
import type { ChainAppended, Loaded } from '@muster/store';
import { at, commandOf, note } from '@muster/testing';
import { expect } from 'chai';
import { type Deciding, decideAndAppend, type Known, type Steps } from './decide-and-append.ts';
import type { Outcome } from './outcome.ts';

const stateAt = (version: number, stars: number): State => ({
  ...{ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) },
});
const known = (state: State, more: Partial<Known> = {}): Known => ({ state, parked: undefined, fresh: false, ...more });
const setStars = (stars: number): Command => commandOf('update', { stars });
const starsSet = (stars: number): DecidedEvent => ({ type: 'NoteUpdated', data: { stars } });
const refusedWith = (reason: EngineRefusal) => ({ kind: 'refused', refusal: { kind: 'refused', reason } });

/** The outcome of an append: how many events are stored, and what became of the next one. */
const appended = (stored: number): ChainAppended => ({ stored, outcome: { kind: 'appended' } });
const conflict: ChainAppended = { stored: 0, outcome: { kind: 'conflict' } };

/** A log for the loop. Each read returns the next state. Each append returns the next answer, in the end `appended`. */
const openSteps = (answers: ChainAppended[], looks: (State | Loaded)[] = [], newest: boolean[] = []) => {
  const chains: [version: number, DecidedEvent][][] = [];
  const looked: number[] = [];
  const steps: Steps<Deciding> = {
    isLate: () => false,
    nowFor: (state) => at(state.version + 1),
    append: async (state, chain) => {
      chains.push(chain.map(({ decided }, index) => [state.version + 1 + index, decided.event]));
      for (const [index, { decided }] of chain.entries())
        expect(decided.at).to.deep.equal(at(state.version + 1 + index));
      return answers.shift() ?? appended(chain.length);
    },
    isNewest: async () => newest.shift() ?? false,
    readAgain: async (state) => {
      looked.push(state.version);
      const next = looks.shift();
      if (!next) throw new Error('the database is away');
      return 'state' in next ? next : { state: next, parked: undefined };
    },
  };
  return { steps, chains, looked };
};

/** Runs these commands in one turn. Returns their outcomes, and the state that the turn leaves. */
const runAll = async (commands: Command[], first: Known, steps: Steps<Deciding>, entity: Entity = note) => {
  const outcomes: (Outcome | undefined)[] = commands.map(() => undefined);
  const deciding = commands.map((command, index) => ({
    command,
    settle: (outcome: Outcome) => {
      expect(outcomes[index], 'settled twice').to.equal(undefined);
      outcomes[index] = outcome;
    },
    fail: (error: unknown) => expect.fail(String(error)),
  }));
  const left = await decideAndAppend(entity, deciding, first, steps);
  return { outcomes, left };
};

const run = async (command: Command, first: Known, steps: Steps<Deciding>): Promise<Outcome> => {
  const [outcome] = (await runAll([command], first, steps)).outcomes;
  if (!outcome) throw new Error('The command got no outcome');
  return outcome;
};

const starsOf = (outcome: Outcome | undefined) =>
  outcome?.kind === 'done' && outcome.state.status === 'active'
    ? [outcome.state.version, outcome.state.fields.stars]
    : outcome;

describe('A command', () => {
  it('that results in an event appends it once, without a read of the log', async () => {
    const { steps, chains, looked } = openSteps([]);
    const outcome = await run(setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: { ...stateAt(5, 2), createdAt: at(1) } });
    expect(chains).to.deep.equal([[[5, starsSet(2)]]]);
    expect(looked).to.deep.equal([]);
  });

  it('is decided again on the newer state after a conflict', async () => {
    const { steps, chains, looked } = openSteps([conflict, conflict], [stateAt(5, 7), stateAt(8, 9)]);
    const outcome = await run(setStars(2), known(stateAt(4, 1)), steps);
    expect(outcome.kind).to.equal('done');
    expect(chains.map(([first]) => first?.[0])).to.deep.equal([5, 6, 9]);
    expect(looked).to.deep.equal([4, 5]);
  });

  it('that changes nothing after a conflict appends nothing more', async () => {
    const { steps, chains } = openSteps([conflict], [stateAt(5, 2)]);
    expect(await run(setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'done', state: stateAt(5, 2) },
    });
    expect(chains).to.have.length(1);
  });

  it('is refused when the state after a conflict does not allow it', async () => {
    const deleted: State = { status: 'deleted', version: 5, createdAt: at(1), deletedAt: at(5) };
    const { steps } = openSteps([conflict], [deleted]);
    expect(await run(setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...refusedWith('Deleted'),
      state: deleted,
    });
  });

  it('that creates an existing thing is refused after one conflict', async () => {
    const { steps, chains, looked } = openSteps([conflict], [stateAt(1, 7)]);
    const create = commandOf('create', { text: 'one', stars: 1 });
    const outcome = await run(create, known(absent), steps);
    expect(outcome).to.deep.equal({ ...refusedWith('Exists'), state: stateAt(1, 7) });
    expect([chains.length, looked]).to.deep.equal([1, [0]]);
  });

  it('that changes nothing in memory is answered if the log has nothing newer', async () => {
    const { steps, chains, looked } = openSteps([], [], [true]);
    expect(starsOf(await run(setStars(2), known(stateAt(4, 2)), steps))).to.deep.equal([4, 2]);
    expect([chains, looked]).to.deep.equal([[], []]);
  });

  it('that changes nothing in memory is otherwise answered only after a read of the log', async () => {
    const { steps, chains, looked } = openSteps([], [stateAt(4, 2)]);
    const outcome = await run(setStars(2), known(stateAt(4, 2)), steps);
    expect(outcome).to.deep.equal({ kind: 'done', state: stateAt(4, 2) });
    expect([chains.length, looked]).to.deep.equal([0, [4]]);
  });

  it('that changes nothing in memory, but changes the state in the log, appends its event', async () => {
    const { steps, chains } = openSteps([], [stateAt(5, 1)]);
    expect((await run(setStars(2), known(stateAt(4, 2)), steps)).kind).to.equal('done');
    expect(chains).to.deep.equal([[[6, starsSet(2)]]]);
  });

  it('that is not allowed in memory is refused only if the log agrees, after one read', async () => {
    const command: Command = { ...setStars(2), precondition: { match: [5] } };
    const later = openSteps([], [stateAt(5, 1)]);
    expect((await run(command, known(stateAt(4, 1)), later.steps)).kind).to.equal('done');
    const same = openSteps([], [stateAt(4, 1)]);
    expect(await run(command, known(stateAt(4, 1)), same.steps)).to.deep.include(refusedWith('OtherVersion'));
    expect(same.looked).to.deep.equal([4]);
  });

  it('needs no further read when its first state is fresh', async () => {
    for (const command of [setStars(1), { ...setStars(2), precondition: { match: [3] } }]) {
      const { steps, looked } = openSteps([]);
      await run(command, known(stateAt(4, 1), { fresh: true }), steps);
      expect(looked).to.deep.equal([]);
    }
  });

  it('on a parked stream appends nothing, whether that is known first or after a conflict', async () => {
    const parked = { version: 5, problem: 'unknown type' };
    const at4 = stateAt(4, 1);
    const first = openSteps([]);
    const outcome = { kind: 'parked', state: at4, problem: 'unknown type' };
    expect(await run(setStars(2), known(at4, { parked }), first.steps)).to.deep.equal(outcome);
    const later = openSteps([conflict], [{ state: at4, parked }]);
    expect(await run(setStars(2), known(at4), later.steps)).to.deep.equal(outcome);
    expect([first.chains.length, later.chains.length]).to.deep.equal([0, 1]);
  });

  it('whose append is unavailable is answered so and not decided again', async () => {
    for (const written of ['notWritten', 'unknown'] as const) {
      const { steps, chains } = openSteps([{ stored: 0, outcome: { kind: written, why: 'no answer' } }]);
      const version = written === 'unknown' ? 5 : undefined;
      expect(await run(setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
        ...{ kind: 'unavailable', written, why: 'no answer', version },
      });
      expect(chains).to.have.length(1);
    }
  });

  it('gives up after 100 conflicts and appends nothing', async () => {
    const looks = Array.from({ length: 100 }, (_, n) => stateAt(5 + n, 1_000 + n));
    const { steps, chains } = openSteps(Array(100).fill(conflict), looks);
    expect(await run(setStars(2), known(stateAt(4, 1)), steps)).to.deep.equal({
      ...{ kind: 'unavailable', written: 'notWritten', why: 'somebody else was faster 100 times', version: undefined },
    });
    expect(chains).to.have.length(100);
  });

  it('throws the error of a read of the log', async () => {
    const { steps } = openSteps([conflict]);
    const thrown = await run(setStars(2), known(stateAt(4, 1)), steps).catch(String);
    expect(thrown).to.equal('Error: the database is away');
  });

  it('is refused without a read where no later event can change that', async () => {
    const deleted: State = { status: 'deleted', version: 5, createdAt: at(1), deletedAt: at(5) };
    const create = commandOf('create', { text: 'one', stars: 1 });
    const passed: Command = { ...setStars(2), precondition: { match: [3] } };
    const certain = [
      [create, stateAt(4, 1), 'Exists'],
      [create, deleted, 'Exists'],
      [setStars(2), deleted, 'Deleted'],
      [passed, stateAt(4, 1), 'OtherVersion'],
    ] as const;
    for (const [command, state, reason] of certain) {
      const { steps, looked } = openSteps([]);
      expect(await run(command, known(state), steps)).to.deep.include(refusedWith(reason));
      expect(looked).to.deep.equal([]);
    }
  });

  it('on a thing that is gone is refused without a read only if no command brings things back', async () => {
    const gone: Entity = { ...note, gone: ({ stars }) => stars === 0 };
    const revive = { ...commandOf('update', {}).type, name: 'revive', revives: true };
    const revivable: Entity = { ...gone, commands: new Map([...note.commands, ['revive', revive]]) };
    for (const [entity, state, reads] of [
      [gone, stateAt(4, 0), []],
      [revivable, stateAt(5, 0), [4]],
    ] as const) {
      const { steps, looked } = openSteps([], [state]);
      const { outcomes } = await runAll([setStars(2)], known(stateAt(4, 0)), steps, entity);
      expect(outcomes[0]).to.deep.include(refusedWith('Deleted'));
      expect(looked).to.deep.equal(reads);
    }
  });
});

describe('Commands that wait on one stream', () => {
  it('are decided one on the other, and appended as one chain', async () => {
    const { steps, chains, looked } = openSteps([]);
    const { outcomes, left } = await runAll([2, 2, 3].map(setStars), known(stateAt(4, 1)), steps);
    expect(outcomes.map(starsOf)).to.deep.equal([
      [5, 2],
      [5, 2], // changes nothing, on a state that the append shows to be the newest
      [6, 3],
    ]);
    expect(chains).to.deep.equal([
      [
        [5, starsSet(2)],
        [6, starsSet(3)],
      ],
    ]);
    expect([looked, left?.version]).to.deep.equal([[], 6]);
  });

  it('are decided again from the conflict on, and those before it are answered', async () => {
    const { steps, chains, looked } = openSteps([{ stored: 1, outcome: { kind: 'conflict' } }], [stateAt(7, 3)]);
    const { outcomes } = await runAll([2, 2, 3, 4].map(setStars), known(stateAt(4, 1)), steps);
    expect(outcomes.map(starsOf)).to.deep.equal([
      [5, 2],
      [5, 2],
      [7, 3], // the other writer set it
      [8, 4],
    ]);
    expect(chains.map((chain) => chain.map(([version]) => version))).to.deep.equal([[5, 6, 7], [8]]);
    expect(looked).to.deep.equal([5]);
  });

  it('that find nothing to change before the chain are answered only if its first event is appended', async () => {
    const { steps } = openSteps([conflict], [stateAt(5, 9)]);
    const { outcomes } = await runAll([1, 2].map(setStars), known(stateAt(4, 1)), steps);
    expect(outcomes.map(starsOf)).to.deep.equal([
      [6, 1],
      [7, 2],
    ]);
  });

  it('go on without an event that the database refuses', async () => {
    const refused: ChainAppended = { stored: 1, outcome: { kind: 'notWritten', why: 'too large' } };
    const { steps, chains } = openSteps([refused]);
    const { outcomes } = await runAll([2, 3, 4].map(setStars), known(stateAt(4, 1)), steps);
    expect(outcomes.map(starsOf)).to.deep.equal([
      [5, 2],
      { kind: 'unavailable', written: 'notWritten', why: 'too large', version: undefined },
      [6, 4],
    ]);
    expect(chains[1]).to.deep.equal([[6, starsSet(4)]]);
  });

  it('are unknown from the first event on whose outcome is unknown', async () => {
    const lost: ChainAppended = { stored: 1, outcome: { kind: 'unknown', why: 'no answer' } };
    const { steps } = openSteps([lost]);
    const { outcomes, left } = await runAll([2, 3, 3, 4].map(setStars), known(stateAt(4, 1)), steps);
    const unavailable = { kind: 'unavailable', why: 'no answer' };
    expect(outcomes.map(starsOf)).to.deep.equal([
      [5, 2],
      { ...unavailable, written: 'unknown', version: 6 },
      { ...unavailable, written: 'notWritten', version: undefined },
      { ...unavailable, written: 'unknown', version: 7 },
    ]);
    expect(left).to.equal(undefined);
  });

  it('whose deadline has passed are left out', async () => {
    const { steps, chains } = openSteps([]);
    const isLate = ({ command }: Deciding) => command.input.stars === 3;
    const { outcomes } = await runAll([2, 3, 4].map(setStars), known(stateAt(4, 1)), { ...steps, isLate });
    expect(outcomes[1]).to.deep.include({ written: 'notWritten', why: 'its turn came only after its deadline' });
    expect([outcomes[0], outcomes[2]].map(starsOf)).to.deep.equal([
      [5, 2],
      [6, 4],
    ]);
    expect(chains).to.have.length(1);
  });
});
