/**
 * An aggregator as its document in the database shows it: the one definition for all readers of these documents. Times
 * are on the database's clock, in milliseconds.
 */
export type Member = {
  name: string;
  incarnation: string; // of this start
  log?: string; // the id of the log whose states it holds; an older program does not say
  address: string; // host:port of its read service; empty before it listens
  state: 'restoring' | 'serving' | 'leaving';
  partitions: readonly number[]; // those it serves
  warming: readonly number[]; // those it is to serve, and restores
  heartbeatAt: number;
  steadySince: number; // renewed since then without a gap of a lease
};

/** What a member needs of the stored document. An older program's document lacks the optional fields. */
export type MemberDocument = Pick<Member, 'incarnation' | 'log' | 'address' | 'state' | 'partitions'> & {
  _id: string; // its name
  warming?: readonly number[];
  heartbeatAt: Date;
  steadySince?: Date;
};

/** The member that a stored document describes. Pure. */
export const memberOf = (document: MemberDocument): Member => {
  const { _id: name, incarnation, address, state, partitions, log, warming = [], heartbeatAt } = document;
  const { steadySince = heartbeatAt } = document;
  const times = { heartbeatAt: heartbeatAt.getTime(), steadySince: steadySince.getTime() };
  return { name, incarnation, ...(log === undefined ? {} : { log }), address, state, partitions, warming, ...times };
};

/**
 * The one rule of liveness: a member is live until its last heartbeat is older than a lease, on the database's clock.
 * `liveMembers`, which decides who gets partitions, also grants a grace after the database was away. Pure.
 */
export const isLive = ({ heartbeatAt }: Pick<Member, 'heartbeatAt'>, databaseNow: number, leaseMs: number): boolean =>
  databaseNow - heartbeatAt <= leaseMs;

/** Whether a live member serves its partitions: it does not restore and does not leave. Pure. */
export const isServing = (
  member: Pick<Member, 'heartbeatAt' | 'state'>,
  databaseNow: number,
  leaseMs: number,
): boolean => member.state === 'serving' && isLive(member, databaseNow, leaseMs);
