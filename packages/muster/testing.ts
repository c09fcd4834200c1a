export { checkMerge } from '@muster/testing/check-merge';
export { at, type CommandOf, given, type Happened, play, type WhenOptions } from '@muster/testing/given';
