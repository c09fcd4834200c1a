export { awaitCopies, type Wholeness } from './await-copies.ts';
export type { Changed, ChangeOptions, Step } from './change-system.ts';
export { inspectCopies } from './inspect-copies.ts';
export {
  byNumber,
  type Copies,
  type CopiesRule,
  describePartitions,
  type Inspection,
  judgeCopies,
} from './judge-copies.ts';
export {
  type Group,
  killProcess,
  type ManagedProcess,
  type ProcessEvent,
  processOf,
  startProcess,
  stopProcess,
  waitReady,
} from './managed-process.ts';
export type { ControlLine } from './open-control.ts';
export type { ChangeRequest } from './parse-change.ts';
export type { SitePlan } from './plan-sites.ts';
export { describeProcesses, describeWhere } from './print-running.ts';
export { type Restart, restartRolling } from './restart-rolling.ts';
export { runSites, type SitesRequest } from './run-sites.ts';
export { runStart, type StartRequest } from './run-start.ts';
export {
  type ControlAddress,
  claimRunning,
  describeRunning,
  type Running,
  type RunningProcess,
  readRunning,
  removeRunning,
  saveRunning,
} from './running.ts';
export { scaleSystem, type Wanted } from './scale-system.ts';
export { mostOfARole } from './settings.ts';
export { type RunningSystem, type System, type SystemOptions, startSystem } from './system.ts';
