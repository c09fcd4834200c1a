/**
 * An aggregator as its document in the database describes it: the one definition for all readers. Times are on the
 * database's clock, in milliseconds.
 */
export type Member = {
  name: string;
  incarnation: string; // new at each start of the process
  log?: string; // the id of the log whose states it holds; older programs do not write it
  address: string; // host:port of its read service; empty until it listens
  state: 'restoring' | 'serving' | 'leaving';
  partitions: readonly number[]; // the partitions that it serves
  warming: readonly number[]; // the partitions assigned to it that it is still restoring
  heartbeatAt: number;
  steadySince: number; // the lease has not expired since then
};

/** The stored fields that a member needs. Documents of older programs lack the optional fields. */
export type MemberDocument = Pick<Member, 'incarnation' | 'log' | 'address' | 'state' | 'partitions'> & {
  _id: string; // its name
  warming?: readonly number[];
  heartbeatAt: Date;
  steadySince?: Date;
};

/** Returns the member that a stored document describes. Pure. */
export const memberOf = (document: MemberDocument): Member => {
  const { _id: name, incarnation, address, state, partitions, log, warming = [], heartbeatAt } = document;
  const { steadySince = heartbeatAt } = document;
  const times = { heartbeatAt: heartbeatAt.getTime(), steadySince: steadySince.getTime() };
  return { name, incarnation, ...(log === undefined ? {} : { log }), address, state, partitions, warming, ...times };
};

/**
 * Whether a member is live: its last heartbeat is at most a lease old, on the database's clock. `liveMembers`, which
 * decides who gets partitions, adds a grace period after the database was unreachable. Pure.
 */
export const isLive = ({ heartbeatAt }: Pick<Member, 'heartbeatAt'>, databaseNow: number, leaseMs: number): boolean =>
  databaseNow - heartbeatAt <= leaseMs;

/** Whether a member is live and serves its partitions: it neither restores nor leaves. Pure. */
export const isServing = (
  member: Pick<Member, 'heartbeatAt' | 'state'>,
  databaseNow: number,
  leaseMs: number,
): boolean => member.state === 'serving' && isLive(member, databaseNow, leaseMs);
