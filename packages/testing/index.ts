export { anyKey, anyState } from './any-state.ts';
export { applyMergePatch } from './apply-merge-patch.ts';
export { anyCommand, anyFields, anyHistory, anyId, commandOf, historyOf, note, storedNote } from './arbitraries.ts';
export { type CallOptions, call, callPatiently, eventually, forAll, type Reply } from './call.ts';
export { checkMerge } from './check-merge.ts';
export { type ExampleFile, exampleFilesOf, openExampleProject } from './compile-examples.ts';
export { type CurlExample, type CurlReply, curlExamplesOf, findDifferences, parseCurlReply } from './curl-examples.ts';
export {
  type OwnServerOptions,
  openOwnServer,
  openTestDatabase,
  openTestFolder,
  reopenServer,
  type TestDatabase,
} from './embedded-database.ts';
export { type FoldedList, foldLiveList } from './fold-live-list.ts';
export { at, given, type Happened, play, stateAfter, type WhenOptions } from './given.ts';
export {
  addEvents,
  bookmarkOf,
  cutHeld,
  endOf,
  type FakeEvent,
  type FakeSite,
  feedRequestsOf,
  openFakeSite,
  tellHeld,
} from './open-fake-site.ts';
export { type Answer, type FeedServer, openFeedServer, sendMessages, sendProblem } from './open-feed-server.ts';
export { openShell, type Shell, type ShownCheckpoint } from './open-shell.ts';
export { eventsOf, type FeedReader, lastIdOf, type Message, parseMessages, readFeed } from './read-feed.ts';
export { type CodeBlock, codeBlocksOf } from './read-markdown.ts';
export { readSocket } from './read-socket.ts';
export { nextRandom, openSeeded, pickFrom, type Seeded } from './seeded.ts';
export { openLogOn, openTestLog, storedEvents } from './test-log.ts';
export {
  findRepairs,
  type Inspected,
  killAndAwaitReturn,
  killForGood,
  linesOf,
  openTestSystem,
  readMetric,
  startAgain,
  stopGently,
  type TestSystem,
} from './test-system.ts';
export { until } from './until.ts';
export {
  type Answered,
  asStored,
  readUserLog,
  saveUserLog,
  type UserAnswer,
  type UserLog,
  type UserRequest,
  type UserState,
} from './user-log.ts';
