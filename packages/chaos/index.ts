export { type Arena, openArena } from './arena.ts';
export {
  type AnswerSource,
  checkAll,
  checkAnswers,
  checkMemory,
  checkRecords,
  checkSets,
  checkSnapshots,
  readLog,
} from './check-copies.ts';
export { checkHistory } from './check-history.ts';
export { checkSavedSets, checkWholeSets } from './check-saved-sets.ts';
export { describeFault, type Fault, type FaultKind, faultKinds } from './fault.ts';
export {
  type Direction,
  type FaultProxy,
  type NetworkFault,
  openFaultProxy,
  resetLinks,
  setFault,
} from './fault-proxy.ts';
export { type FoldedLog, foldLog, groupBy, lastState, stateAt } from './fold-log.ts';
export { type Call, isWrite, type Outcome, quantileMs, type SetCall, type User } from './history.ts';
export { isPlaceKnown } from './is-place-known.ts';
export { forgetReturned, type Load, type LoadOptions, startLoad, stopLoad, untilAnswered } from './load.ts';
export { type Observed, observe, stopObserving } from './observe.ts';
export { type RoundResult, runRound } from './run-round.ts';
export { selection } from './selection.ts';
export {
  closeSite,
  copyData,
  cutLink,
  healLink,
  killGateway,
  openSite,
  startFollower,
  startSite,
  stopFollower,
  stopSite,
  type TestSite,
} from './sites/site-network.ts';
export { type Folded, type Subject, subjects } from './subjects.ts';
