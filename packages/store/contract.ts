import { describeAppend } from './contract/describe-append.ts';
import { describeCheckpoints } from './contract/describe-checkpoints.ts';
import { describeDeadLetters } from './contract/describe-dead-letters.ts';
import { describeMembers } from './contract/describe-members.ts';
import { describeRecords } from './contract/describe-records.ts';
import { describeScan } from './contract/describe-scan.ts';
import { describeWatch } from './contract/describe-watch.ts';
import type { Subject } from './contract/subject.ts';

/**
 * Defines mocha cases for the guarantees that other rooms rely on. They call only exported functions of a store, so
 * that they can test another store. `subject` opens places for logs, and can make their servers fail.
 */
export const describeStoreContract = (name: string, subject: Subject): void => {
  describe(`The store contract, implemented by ${name}:`, function () {
    this.timeout(60_000);
    describeAppend(subject);
    describeWatch(subject);
    describeScan(subject);
    describeRecords(subject);
    describeCheckpoints(subject);
    describeMembers(subject);
    describeDeadLetters(subject);
  });
};
