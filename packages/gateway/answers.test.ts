import { asset, note as assetNote } from '@muster/entities';
import { absent, type Entity, type Fault, type Precondition, type State } from '@muster/model';
import { at, note } from '@muster/testing';
import { expect } from 'chai';
import { answerOutcome } from './answer-outcome.ts';
import { answerRead } from './answer-read.ts';
import { type Exchange, openExchange } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import { answerProblem, invalid } from './problem.ts';
import type { Read, ReadResult } from './read-thing.ts';

const active: State = {
  ...{ status: 'active', version: 3, fields: { text: 'one', stars: 1 }, createdAt: at(1), updatedAt: at(3) },
};
const deleted: State = { status: 'deleted', version: 4, createdAt: at(1), deletedAt: at(4) };
const json = '{"id":"a","text":"one","stars":1}';
const result: ReadResult = {
  ...{ kind: 'result', status: 'active', version: 3, json, createdAt: at(1).getTime(), changedAt: at(3).getTime() },
  ...{ source: 'aggregator-1', lagMs: 12.4, parked: false },
};
const gone: ReadResult = { ...result, status: 'deleted', version: 4, json: '', changedAt: at(4).getTime() };
const never: ReadResult = { ...result, status: 'absent', version: 0, json: '' };

const open = () => openExchange({ requestId: 'request-1' });
const headersOf = ({ headers }: Exchange, ...names: string[]) =>
  names.map((name) => (headers.includes(name) ? headers[headers.indexOf(name) + 1] : ''));
const bodyOf = (exchange: Exchange) => JSON.parse(String(exchange.body));
const about = ['ETag', 'Muster-Source', 'Muster-Lag-Ms', 'Muster-Parked'];

const readAnswer = (read: Read, condition?: Precondition) => {
  const exchange = open();
  answerRead(exchange, note, 'a', read, condition);
  return exchange;
};
const outcomeAnswer = (outcome: Outcome) => {
  const exchange = open();
  const done: string[] = [];
  answerOutcome(exchange, note, 'a', outcome, (rendered) => void done.push(rendered.json));
  return { exchange, done };
};

describe('The answer to a read', () => {
  it('is 304 without a body to a client that has this version, and 412 to one that wants another', () => {
    for (const noneMatch of ['any', [result.version], [1, result.version]] as const) {
      const exchange = readAnswer(result, { noneMatch });
      expect([exchange.status, exchange.body]).to.deep.equal([304, '']);
      expect(headersOf(exchange, 'ETag')).to.deep.equal([`"${result.version}"`]);
    }
    for (const condition of [
      { noneMatch: [99] },
      { noneMatch: [] },
      { match: 'any' },
      { match: [result.version] },
    ] as const)
      expect(readAnswer(result, condition).status).to.equal(200);
    const other = readAnswer(result, { match: [99], noneMatch: [result.version] });
    expect([other.status, bodyOf(other).version]).to.deep.equal([412, result.version]);
    for (const condition of [{ match: 'any' }, { noneMatch: 'any' }] as const) {
      expect(readAnswer(gone, condition).status).to.equal(410);
      expect(readAnswer(never, condition).status).to.equal(404);
    }
  });

  it('contains the thing, its version, its source and its age', () => {
    const exchange = readAnswer(result);
    expect([exchange.status, exchange.body]).to.deep.equal([200, json]);
    expect(headersOf(exchange, 'Content-Type', ...about)).to.deep.equal([
      ...['application/json; charset=utf-8', '"3"', 'aggregator-1', '12', ''],
    ]);
  });

  it('says that the stream is parked', () => {
    expect(headersOf(readAnswer({ ...result, parked: true }), 'Muster-Parked')).to.deep.equal(['true']);
  });

  it('is 410 with the time of deletion, or 404 without an ETag when the thing never existed', () => {
    const exchange = readAnswer(gone);
    expect([exchange.status, ...headersOf(exchange, 'ETag')]).to.deep.equal([410, '"4"']);
    expect(bodyOf(exchange)).to.include({
      type: '/problems/deleted',
      version: 4,
      deletedAt: at(4).toISOString(),
    });
    const missing = readAnswer(never);
    expect([missing.status, ...headersOf(missing, 'ETag')]).to.deep.equal([404, '']);
    expect(bodyOf(missing)).to.include({ type: '/problems/not-found', id: 'a' });
  });

  it('is 412 when the log does not have the version, and 503 when the database does not answer', () => {
    const tooNew = readAnswer({ kind: 'notReached', version: 3, least: 9 });
    expect([tooNew.status, ...headersOf(tooNew, 'ETag', 'Muster-Source')]).to.deep.equal([412, '"3"', 'database']);
    expect(bodyOf(tooNew)).to.include({ type: '/problems/no-such-version', version: 3 });
    const away = readAnswer({ kind: 'unavailable', why: 'no answer from the database' });
    expect([away.status, ...headersOf(away, 'Retry-After', 'ETag')]).to.deep.equal([503, '1', '']);
    expect(bodyOf(away).detail).to.match(/^Cannot read note "a": no answer from the database; try again/);
  });
});

describe('The answer to a command', () => {
  it('that succeeded is left to the route, which gets the thing as a read returns it', () => {
    const { exchange, done } = outcomeAnswer({ kind: 'done', state: active });
    expect(done).to.deep.equal([json]);
    expect(headersOf(exchange, ...about)).to.deep.equal(['"3"', 'log', '0', '']);
    expect(outcomeAnswer({ kind: 'done', state: deleted }).done).to.deep.equal(['']);
  });

  it('that was refused contains the reason and the version', () => {
    const refusals = [
      ['NotFound', absent, 404, 'not-found'],
      ['Deleted', deleted, 410, 'deleted'],
      ['Exists', active, 409, 'exists'],
      ['Exists', deleted, 409, 'exists'],
      ['OtherVersion', active, 412, 'other-version'],
    ] as const;
    for (const [reason, state, status, name] of refusals) {
      const { exchange, done } = outcomeAnswer({ kind: 'refused', refusal: { kind: 'refused', reason }, state });
      expect([exchange.status, done]).to.deep.equal([status, []]);
      expect(bodyOf(exchange)).to.include({
        type: `/problems/${name}`,
        status,
        id: 'a',
        requestId: 'request-1',
      });
      expect(headersOf(exchange, 'ETag')).to.deep.equal([state.version > 0 ? `"${state.version}"` : '']);
      if (state.version > 0) expect(bodyOf(exchange).version).to.equal(state.version);
    }
  });

  it('that could not create says what helps: another id, or an update where the entity has one', () => {
    const detailFor = (entity: Entity, state: State) => {
      const exchange = open();
      answerOutcome(
        exchange,
        entity,
        'a',
        { kind: 'refused', refusal: { kind: 'refused', reason: 'Exists' }, state },
        () => {},
      );
      return bodyOf(exchange).detail;
    };
    expect(detailFor(note, active)).to.match(/; choose another id, or update it$/);
    for (const one of [asset, assetNote]) expect(detailFor(one, active)).to.match(/ at version 3; choose another id$/);
  });

  it('that was not confirmed says whether the write may be in the log', () => {
    const lost = outcomeAnswer({ kind: 'unavailable', written: 'unknown', why: 'no answer', version: 4 }).exchange;
    expect([lost.status, ...headersOf(lost, 'Retry-After', 'ETag')]).to.deep.equal([503, '1', '']);
    expect(bodyOf(lost)).to.include({ written: 'unknown', version: 4, id: 'a' });
    const late = outcomeAnswer({
      kind: 'unavailable',
      written: 'notWritten',
      why: 'too late',
      version: undefined,
    }).exchange;
    expect(bodyOf(late)).to.include({ written: 'notWritten' }).and.not.to.have.property('version');
  });

  it('on a parked stream says that the stream is parked and that nothing was written', () => {
    const { exchange } = outcomeAnswer({ kind: 'parked', state: active, problem: 'its version is unknown' });
    expect([exchange.status, ...headersOf(exchange, ...about)]).to.deep.equal([503, '"3"', 'log', '0', 'true']);
    expect(bodyOf(exchange)).to.include({ written: 'notWritten', id: 'a' });
    expect(bodyOf(exchange).detail).to.contain('version 4 of its stream cannot be understood (its version is unknown)');
  });
});

describe('A problem', () => {
  it('is problem+json with the id of the request, the id of the thing and every fault', () => {
    const exchange = open();
    const faults: Fault[] = [
      { pointer: '/text', code: 'required', detail: '"text" is required' },
      { pointer: '', code: 'not-an-object', detail: 'expected a JSON object' },
    ];
    answerProblem(exchange, { ...invalid(faults), more: { id: 'a' } });
    expect([exchange.status, ...headersOf(exchange, 'Content-Type', 'Retry-After')]).to.deep.equal([
      ...[400, 'application/problem+json; charset=utf-8', ''],
    ]);
    expect(bodyOf(exchange)).to.deep.equal({
      ...{ type: '/problems/invalid-input', title: 'The request has invalid input', status: 400 },
      ...{ detail: '/text: "text" is required; expected a JSON object', requestId: 'request-1', id: 'a' },
      errors: faults,
    });
  });
});
