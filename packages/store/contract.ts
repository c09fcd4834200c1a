import { describeAppend } from './contract/describe-append.ts';
import { describeCheckpoints } from './contract/describe-checkpoints.ts';
import { describeDeadLetters } from './contract/describe-dead-letters.ts';
import { describeMembers } from './contract/describe-members.ts';
import { describeRecords } from './contract/describe-records.ts';
import { describeScan } from './contract/describe-scan.ts';
import { describeWatch } from './contract/describe-watch.ts';
import type { Subject } from './contract/subject.ts';

/**
 * The promises on which the other rooms rely, as mocha cases that call exported functions of a store only: whoever
 * writes another store runs them on it. `subject` says how to open places for its logs and how to break them.
 */
export const describeStoreContract = (name: string, subject: Subject): void => {
  describe(`The contract of a store, kept by ${name}:`, function () {
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
