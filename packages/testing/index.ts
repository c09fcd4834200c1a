export { anyCommand, anyFields, anyHistory, anyId, historyOf, note, storedNote } from './arbitraries.ts';
export { type CallOptions, call, eventually, forAll, type Reply } from './call.ts';
export { type Arena, openArena } from './chaos/arena.ts';
export { describeFault, type Fault, type FaultKind, faultKinds } from './chaos/fault.ts';
export { type Observed, observe, stopObserving } from './chaos/observe.ts';
export { type RoundResult, runRound } from './chaos/run-round.ts';
export { selection } from './chaos/selection.ts';
export { checkAll, checkAnswers, checkMemory, checkSets, checkSnapshots, checkUsers, type Road, readLog } from './check-copies.ts';
export { checkHistory } from './check-history.ts';
export { type OwnServerOptions, openOwnServer, openTestDatabase, openTestFolder, reopenServer, type TestDatabase } from './embedded-database.ts';
export { type Direction, type FaultProxy, type NetworkFault, openFaultProxy, resetLinks, setFault } from './fault-proxy.ts';
export { type Folded, type FoldedLog, foldLog, groupBy, lastState, stateAt } from './fold-log.ts';
export { at, given, type Happened } from './given.ts';
export { type Call, isWrite, type Outcome, quantileMs, type SetCall, type User } from './history.ts';
export { isPlaceKnown } from './is-place-known.ts';
export { forgetTold, type Load, type LoadOptions, startLoad, stopLoad, untilAnswered } from './load.ts';
export { nextRandom, openSeeded, pickFrom, type Seeded } from './seeded.ts';
export { openLogOn, openTestLog, storedEvents } from './test-log.ts';
export {
  findRepairs,
  killAndAwaitReturn,
  killForGood,
  type Looked,
  linesOf,
  openTestSystem,
  readMetric,
  startAgain,
  stopGently,
  type TestSystem,
} from './test-system.ts';
export { until } from './until.ts';
