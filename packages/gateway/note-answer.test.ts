import type { Logger } from '@muster/runtime';
import { expect } from 'chai';
import { type Answered, noteAnswer, openAnswerLines } from './note-answer.ts';

const answered = (status: number, more: Partial<Answered> = {}): Answered => ({
  ...{ requestId: 'r1', actor: undefined, method: 'PUT', url: '/api/note/a?x=1', status, ms: 3 },
  ...more,
});

/** Notes answers at given times. Returns the lines that were logged, and how many answers the metrics counted. */
const openNoting = (settings = { ACCESS_LOG: false }) => {
  const lines: [about: object, message: string][] = [];
  const seen: number[] = [];
  const write = (about: object, message: string) => void lines.push([about, message]);
  const logger = { warn: write, info: write } as unknown as Logger;
  const metrics = { seconds: { observe: () => void seen.push(1) } } as unknown as Parameters<
    typeof noteAnswer
  >[0]['metrics'];
  return { noting: { answerLines: openAnswerLines(), logger, metrics, settings }, lines, counted: () => seen.length };
};

describe('An answer', () => {
  it('is logged if it is an error of the service or late, without the parameters', () => {
    const { noting, lines, counted } = openNoting();
    for (const status of [200, 404, 503]) noteAnswer(noting, answered(status));
    noteAnswer(noting, answered(200, { ms: 250.4 }));
    noteAnswer(noting, answered(503, { isLoggedElsewhere: true }));
    const about = { requestId: 'r1', method: 'PUT', path: '/api/note/a' };
    expect(lines).to.deep.equal([
      [{ ...about, status: 503, ms: 3 }, 'Answered with an error'],
      [{ ...about, status: 200, ms: 250.4 }, 'Answered late'],
    ]);
    expect(counted()).to.equal(5);
  });

  it('is logged always with ACCESS_LOG, with the name of the key', () => {
    const { noting, lines } = openNoting({ ACCESS_LOG: true });
    noteAnswer(noting, answered(200, { actor: 'billing' }));
    noteAnswer(noting, answered(404));
    const about = { requestId: 'r1', method: 'PUT', path: '/api/note/a', ms: 3 };
    expect(lines).to.deep.equal([
      [{ ...about, actor: 'billing', status: 200 }, 'Answered'],
      [{ ...about, status: 404 }, 'Answered'],
    ]);
  });

  it('is logged at most 50 times in 10 s, then the number of the others is', () => {
    const { noting, lines } = openNoting();
    for (let n = 0; n < 400; n += 1) noteAnswer(noting, answered(503), n);
    expect(lines).to.have.length(50);
    noteAnswer(noting, answered(503), 10_001);
    expect(lines.slice(50).map(([, message]) => message)).to.deep.equal([
      'Further answers with errors or late were not logged',
      'Answered with an error',
    ]);
    expect(lines[50]?.[0]).to.deep.equal({ leftOut: 350 });
  });
});
