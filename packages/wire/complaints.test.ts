import { expect } from 'chai';
import { complain, openComplaints } from './complaints.ts';

describe('Complaints', () => {
  it('of one kind are logged once in 10 s, with the number of unlogged ones', () => {
    const complaints = openComplaints();
    const logged: string[] = [];
    for (let ms = 0; ms < 25_000; ms += 1) {
      const problem = complain(complaints, { kind: 'secret', message: `at ${ms}` }, ms);
      if (problem) logged.push(problem.message);
    }
    expect(logged).to.deep.equal([
      'at 0',
      'at 10000 (and 9999 more of this kind since the last log line)',
      'at 20000 (and 9999 more of this kind since the last log line)',
    ]);
  });

  it('of another kind are logged at once', () => {
    const complaints = openComplaints();
    complain(complaints, { kind: 'secret', message: 'one' }, 0);
    expect(complain(complaints, { kind: 'frame', message: 'two' }, 1)).to.deep.equal({ kind: 'frame', message: 'two' });
  });
});
