import { expect } from 'chai';
import type { OwnDocument } from '../members.ts';
import { deadlineMs } from './notes.ts';
import { openEmptyLog, type Subject } from './subject.ts';

/** The store's guarantees for members: one incarnation has a name, and leases use the store's clock. */
export const describeMembers = (subject: Subject): void => {
  const { beatHeart, joinMembers, leaveMembers, listMembers } = subject.store;

  describe('members', () => {
    it('are listed as they joined, with the join time on one clock', async () => {
      await using log = await openEmptyLog(subject);
      const [first, second] = [memberOf('aggregator-0', 'a'), memberOf('$aggregator', 'b')];
      for (const member of [first, second]) await joinMembers(log, member, deadlineMs);
      const listed = await listMembers(log, deadlineMs);
      const found = listed.map(({ heartbeatAt: _, steadySince: __, ...own }) => own);
      expect(found).to.have.deep.members([first, second]);
      for (const { heartbeatAt, steadySince } of listed) {
        expect(heartbeatAt).to.deep.equal(steadySince);
        expect(heartbeatAt.getTime()).to.be.closeTo(Date.now(), 5_000);
      }
    });

    it('renew their lease with each heartbeat, and keep the time since which it has not expired', async () => {
      await using log = await openEmptyLog(subject);
      const member = memberOf('aggregator-0', 'a');
      await joinMembers(log, member, deadlineMs);
      const [joined] = await listMembers(log, deadlineMs);
      const next = { ...member, beat: 'a:2', state: 'leaving' as const, partitions: [1], warming: [2] };
      expect(await beatHeart(log, next, false, deadlineMs)).to.equal(true);
      const [renewed] = await listMembers(log, deadlineMs);
      expect(renewed).to.deep.include({ ...next, steadySince: joined?.steadySince });
      expect(renewed?.heartbeatAt).to.be.above(joined?.heartbeatAt ?? new Date());
      expect(await beatHeart(log, { ...next, beat: 'a:3' }, true, deadlineMs)).to.equal(true);
      const [anew] = await listMembers(log, deadlineMs);
      expect(anew?.steadySince).to.deep.equal(anew?.heartbeatAt);
    });

    it('cannot renew a lease whose name another incarnation has taken, and change nothing', async () => {
      await using log = await openEmptyLog(subject);
      await joinMembers(log, memberOf('aggregator-0', 'a'), deadlineMs);
      await joinMembers(log, memberOf('aggregator-0', 'b'), deadlineMs);
      const before = await listMembers(log, deadlineMs);
      expect(before.map(({ incarnation }) => incarnation)).to.deep.equal(['b']);
      expect(await beatHeart(log, memberOf('aggregator-0', 'a'), false, deadlineMs)).to.equal(false);
      expect(await listMembers(log, deadlineMs)).to.deep.equal(before);
    });

    it('are not created by a heartbeat when they never joined or their document was removed', async () => {
      await using log = await openEmptyLog(subject);
      expect(await beatHeart(log, memberOf('aggregator-0', 'a'), false, deadlineMs)).to.equal(false);
      expect(await listMembers(log, deadlineMs)).to.deep.equal([]);
    });

    it('remove only the document of their own incarnation', async () => {
      await using log = await openEmptyLog(subject);
      await joinMembers(log, memberOf('aggregator-0', 'b'), deadlineMs);
      await leaveMembers(log, { _id: 'aggregator-0', incarnation: 'a' }, deadlineMs);
      expect(await listMembers(log, deadlineMs)).to.have.length(1);
      await leaveMembers(log, { _id: 'aggregator-0', incarnation: 'b' }, deadlineMs);
      expect(await listMembers(log, deadlineMs)).to.deep.equal([]);
      await leaveMembers(log, { _id: 'aggregator-0', incarnation: 'b' }, deadlineMs); // a second call changes nothing
    });
  });
};

const memberOf = (name: string, incarnation: string): OwnDocument => ({
  _id: name,
  incarnation,
  beat: `${incarnation}:1`,
  startedAt: new Date(0),
  address: '127.0.0.1:1',
  healthPort: 1,
  state: 'serving',
  partitions: [0, 3],
  warming: [],
});
