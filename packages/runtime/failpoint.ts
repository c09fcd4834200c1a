// Set by scripts/build.js: true in dist/chaos, false in released programs, from which all of this is removed. Undefined
// under tsx, which means false.
declare const MUSTER_CHAOS: boolean | undefined;

/** Whether this program was built for fault tests. */
export const chaos = typeof MUSTER_CHAOS !== 'undefined' && MUSTER_CHAOS;

/** The names of the places where a fault test may stop, break or kill a process. */
export const failpointNames = [
  'snapshot:before-records',
  'snapshot:inside-records', // between the two halves of the records' write
  'snapshot:after-records', // before the checkpoint is written
  'snapshot:after-checkpoints',
  'restore:after-checkpoints',
  'restore:after-records',
  'append:after-send', // the batch is stored, but its answer is not handled yet
  'append:together', // a batch of more than one event is sent
  'append:chain', // several events of one stream in one batch
  'append:chain-stopped', // another process was faster: its event has a version of the chain
  'append:partly', // some events of a batch were stored, others were not
] as const;

export type FailpointName = (typeof failpointNames)[number];

/** What happens there: the process is killed, pauses for `ms` milliseconds, or throws an error. */
export type FailpointAction = { kind: 'kill' } | { kind: 'pause'; ms: number } | { kind: 'throw' };

/**
 * An order from the parent process:
 * - `failpoint`: act once, when the process passes this place for the `nth` time from now. Without `action`: cancel the
 *   order for this place.
 * - `clock`: shift this process's own clock by `ms` milliseconds from the true time.
 */
export type FaultOrder =
  | { kind: 'failpoint'; name: FailpointName; action: FailpointAction | undefined; nth: number }
  | { kind: 'clock'; ms: number };

/** The report to the parent process when this process acts. */
export type FailpointPassed = { kind: 'failpoint'; name: FailpointName; action: FailpointAction['kind'] | 'noticed' };

/** The current orders. Changed only in this file. */
const orders = { armed: new Map<FailpointName, { action: FailpointAction; left: number }>(), clockMs: 0 };

// These are function declarations, because the build inlines only those. Inlining an empty body also removes the name.

/** Marks a place for fault tests. Await the result. In released programs it does nothing. */
export function failpoint(name: FailpointName): Promise<void> | undefined {
  if (chaos) return pass(name);
}

/** Whether an order is pending for that place. Always undefined in released programs. */
export function isArmed(name: FailpointName): boolean | undefined {
  if (chaos) return orders.armed.has(name);
}

/**
 * Reports to the parent process that this place was passed: for places that each campaign must reach. In released
 * programs it does nothing.
 */
export function noticed(name: FailpointName): void {
  if (chaos) void report({ kind: 'failpoint', name, action: 'noticed' });
}

/** Accepts orders from the parent process, in a program that was built for fault tests. */
export function listenForFailpoints(): void {
  if (chaos) process.on('message', takeOrder);
}

/** This process's own monotonic clock, in milliseconds. A fault test may shift it. */
export const ownNow = (): number => (chaos ? performance.now() + orders.clockMs : performance.now());

const takeOrder = (message: unknown) => {
  const order = message as FaultOrder | undefined;
  if (order?.kind === 'clock') orders.clockMs = order.ms;
  if (order?.kind !== 'failpoint') return;
  if (order.action) orders.armed.set(order.name, { action: order.action, left: order.nth });
  else orders.armed.delete(order.name);
};

const pass = async (name: FailpointName): Promise<void> => {
  const armed = orders.armed.get(name);
  if (!armed) return;
  armed.left -= 1;
  if (armed.left > 0) return;
  orders.armed.delete(name);
  await report({ kind: 'failpoint', name, action: armed.action.kind });
  switch (armed.action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined); // the signal may arrive later, but the caller must not continue
    case 'pause': {
      const { ms } = armed.action;
      return new Promise((resolve) => setTimeout(resolve, ms));
    }
    case 'throw':
      throw new Error(`Failpoint ${name} was ordered to throw`);
  }
};

const report = (passed: FailpointPassed) =>
  new Promise<void>((resolve) => (process.send ? process.send(passed, () => resolve()) : resolve()));
