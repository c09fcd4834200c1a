// Set by scripts/build.js: false in what is shipped, where of all this not even the names are left; true in dist/chaos.
// Unset, as under tsx, it is off.
declare const MUSTER_CHAOS: boolean | undefined;

/** Whether this program was built for fault tests. */
export const chaos = typeof MUSTER_CHAOS !== 'undefined' && MUSTER_CHAOS;

/** The places at which a fault test may stop, break or kill a process. */
export const failpointNames = [
  'snapshot:before-records',
  'snapshot:inside-records', // between two halves of the records' write
  'snapshot:after-records', // the checkpoint is not written yet
  'snapshot:after-checkpoints',
  'restore:after-checkpoints',
  'restore:after-records',
  'append:after-send', // the batch is stored, its answer not yet taken
  'append:together', // a batch of more than one event is sent
  'append:partly', // some events of a batch went in, others not
] as const;

export type FailpointName = (typeof failpointNames)[number];

/** What happens there: the process is killed, waits `ms` milliseconds, or goes on with an error. */
export type FailpointAction = { kind: 'kill' } | { kind: 'pause'; ms: number } | { kind: 'throw' };

/**
 * What whoever started the process may send it: to act when a place is passed the `nth` time from now (once; nothing:
 * never more), or to let the process's own clock jump to `ms` milliseconds beside the true one.
 */
export type FaultOrder =
  | { kind: 'failpoint'; name: FailpointName; action: FailpointAction | undefined; nth: number }
  | { kind: 'clock'; ms: number };

/** What the process reports when it acts. */
export type FailpointPassed = { kind: 'failpoint'; name: FailpointName; action: FailpointAction['kind'] | 'noticed' };

/** What this process was ordered. Changed in this file only. */
const orders = { armed: new Map<FailpointName, { action: FailpointAction; left: number }>(), clockMs: 0 };

// function declarations: only these does the build put in place of the call, so that with an empty body the name goes
// too

/** Marks a place for fault tests; to be awaited. In what is shipped it is nothing. */
export function failpoint(name: FailpointName): Promise<void> | undefined {
  if (chaos) return pass(name);
}

/** Whether something is to happen at that place; never in what is shipped. */
export function isArmed(name: FailpointName): boolean | undefined {
  if (chaos) return orders.armed.has(name);
}

/**
 * Reports to the process that started this one that it came here: for what must happen now and then. In what is shipped
 * it is nothing.
 */
export function noticed(name: FailpointName): void {
  if (chaos) void report({ kind: 'failpoint', name, action: 'noticed' });
}

/** Takes orders over the channel to who started this process, in a program built for fault tests. */
export function listenForFailpoints(): void {
  if (chaos) process.on('message', takeOrder);
}

/** This process's own monotonic clock, in milliseconds: what a fault test may let jump. */
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
      return new Promise(() => undefined); // the signal comes when it comes, but nothing goes on
    case 'pause': {
      const { ms } = armed.action;
      return new Promise((resolve) => setTimeout(resolve, ms));
    }
    case 'throw':
      throw new Error(`Failpoint ${name}`);
  }
};

const report = (passed: FailpointPassed) =>
  new Promise<void>((resolve) => (process.send ? process.send(passed, () => resolve()) : resolve()));
