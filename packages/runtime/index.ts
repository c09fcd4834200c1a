export { aborted } from './aborted.ts';
export { causeOf, describeCause } from './describe-cause.ts';
export {
  chaos,
  type FailpointAction,
  type FailpointName,
  type FailpointPassed,
  type FaultOrder,
  failpoint,
  failpointNames,
  isArmed,
  listenForFailpoints,
  noticed,
  ownNow,
} from './failpoint.ts';
export { findSwallowed } from './find-swallowed.ts';
export { type Health, type HealthPort, openHealthPort } from './health-port.ts';
export { keepSecret } from './keep-secret.ts';
export { type Logger, openLogger, withoutCredentials } from './logging.ts';
export { Counter, Gauge, Histogram, openGauge, openMetrics, Registry, secondsBuckets } from './metrics.ts';
export { type Deadline, openDeadline } from './open-deadline.ts';
export { parseWithSecret, readSecret } from './parse-with-secret.ts';
export { refuseSettings } from './refuse-settings.ts';
export { backOffMs, pause, repeat, repeatInStep, retryUntil } from './retry.ts';
export { refuseToStart, runParent, runProgram } from './run-program.ts';
export {
  defaultLeaseMs,
  type Environment,
  isSiteName,
  type Parsed,
  parseSettings,
  type SharedSettings,
  secretSettings,
  sharedSettings,
  siteName,
} from './settings.ts';
