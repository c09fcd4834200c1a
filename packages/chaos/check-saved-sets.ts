import { isDeepStrictEqual } from 'node:util';
import { call } from '@muster/testing';
import { type FoldedLog, stateAt } from './fold-log.ts';
import { activeOf, asOfReply, inOrder, sourceOfReply, walkList } from './walk-list.ts';

/** How much the clocks of the writers may be wrong, in milliseconds. */
const clockMs = 1_000;

/**
 * Checks COUNT and LIST while every aggregator is down and no one writes. Both must come from the snapshot with their
 * time. They may show each user in any state since that time, each once, in order, and that time is not in the future.
 * Returns what is wrong.
 */
export const checkSavedSets = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const count = await call(url, 'GET', `${folded.subject.path}/count`);
  const walk = await walkList(url, folded.subject);
  if (count.status !== 200 || walk.failed) return [`COUNT or LIST from the snapshot: ${count.text} ${walk.failed}`];
  return [
    ...[sourceOfReply(count), walk.source].filter((source) => source !== 'database').map((source) => `from ${source}`),
    ...judgeSaved(folded, { count: count.body.count, asOf: asOfReply(count) }),
    ...judgeSaved(folded, { count: walk.listed.length, asOf: walk.asOf, users: walk.listed }),
  ];
};

/** Checks the same after a last snapshot of the whole log: the answers must equal the fold of the log, with a time. */
export const checkWholeSets = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const wanted = activeOf(folded);
  const count = await call(url, 'GET', `${folded.subject.path}/count`);
  const walk = await walkList(url, folded.subject);
  return [
    ...(count.body?.count === wanted.length
      ? []
      : [`COUNT returned ${count.text}, the log has ${wanted.length} users`]),
    ...(isDeepStrictEqual(walk.listed, wanted)
      ? []
      : [`LIST returned ${walk.listed.length} users, the log has ${wanted.length}; ${walk.failed}`]),
    ...[asOfReply(count), walk.asOf].flatMap((asOf) => (asOf ? [] : ['An answer has no Muster-As-Of'])),
  ];
};

/** An answer from the snapshot. `users`: what a LIST showed. */
export type SavedSet = { count: number; asOf: Date | undefined; users?: NonNullable<Parameters<typeof inOrder>[0]> };

/** Returns what is wrong with an answer from the snapshot, compared with the log. Pure. */
export const judgeSaved = (folded: FoldedLog, { count, asOf, users = [] }: SavedSet, now = Date.now()): string[] => {
  if (asOf && asOf.getTime() > now + clockMs) return [`Its Muster-As-Of ${asOf.toISOString()} is in the future`];
  let [least, most] = [0, 0];
  const possible = new Map<string, object[]>();
  for (const id of folded.streams.keys()) {
    const states = statesSince(folded, id, asOf);
    if (states.every((state) => state?.status === 'active')) least += 1;
    if (states.some((state) => state?.status === 'active')) most += 1;
    possible.set(
      id,
      states.flatMap((state) => state?.shown ?? []),
    );
  }
  const what = `${users.length > 0 ? 'LIST' : 'COUNT'} as of ${asOf?.toISOString() ?? 'now'}`;
  const strange = users.filter((user) => !possible.get(user.id ?? '')?.some((state) => isDeepStrictEqual(state, user)));
  return [
    ...(count >= least && count <= most ? [] : [`${what} has ${count} users, expected ${least} to ${most}`]),
    ...(new Set(users.map(({ id }) => id)).size < users.length ? [`${what} shows a user twice`] : []),
    ...(isDeepStrictEqual(inOrder(users, folded.subject), users) ? [] : [`${what} shows users out of order`]),
    ...strange.slice(0, 3).map((user) => `${what} shows ${JSON.stringify(user)}, no state of it since then`),
  ];
};

/** The states from the one that was certainly in the log at that time (undefined: now) to the last one. */
const statesSince = (folded: FoldedLog, id: string, asOf: Date | undefined) => {
  const stream = folded.streams.get(id) ?? [];
  const until = asOf ? asOf.getTime() - clockMs : Number.POSITIVE_INFINITY;
  const lowest = stream.filter(({ at }) => at.getTime() <= until).length;
  return Array.from({ length: stream.length - lowest + 1 }, (_, index) => stateAt(folded, id, lowest + index));
};
