import { isDeepStrictEqual } from 'node:util';
import { call } from '@muster/testing';
import { type FoldedLog, stateAt } from './fold-log.ts';
import { activeOf, asOfReply, inOrder, sourceOfReply, walkList } from './walk-list.ts';

/** What the clocks of those who wrote may be wrong by, in milliseconds. */
const clockMs = 1_000;

/**
 * COUNT and LIST at rest with every aggregator down: both come from the snapshot and say as of when. What is wrong with
 * them: they may show each user in any state from that time on, each once, in order; never of a time to come.
 */
export const checkSavedSets = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const count = await call(url, 'GET', '/api/user/count');
  const walk = await walkList(url);
  if (count.status !== 200 || walk.failed) return [`COUNT or LIST from the snapshot: ${count.text} ${walk.failed}`];
  return [
    ...[sourceOfReply(count), walk.source].filter((source) => source !== 'database').map((source) => `from ${source}`),
    ...judgeSaved(folded, { count: count.body.count, asOf: asOfReply(count) }),
    ...judgeSaved(folded, { count: walk.listed.length, asOf: walk.asOf, users: walk.listed }),
  ];
};

/** The same after a last snapshot that reached all of the log: exactly what the log folds to, and as of when. */
export const checkWholeSets = async (url: string, folded: FoldedLog): Promise<string[]> => {
  const wanted = activeOf(folded);
  const count = await call(url, 'GET', '/api/user/count');
  const walk = await walkList(url);
  return [
    ...(count.body?.count === wanted.length ? [] : [`COUNT says ${count.text}, the log has ${wanted.length}`]),
    ...(isDeepStrictEqual(walk.listed, wanted)
      ? []
      : [`LIST gives ${walk.listed.length} users, the log has ${wanted.length}; ${walk.failed}`]),
    ...[asOfReply(count), walk.asOf].flatMap((asOf) => (asOf ? [] : ['It does not say as of when it is'])),
  ];
};

/** An answer from the snapshot, with what a LIST showed. */
export type SavedSet = { count: number; asOf: Date | undefined; users?: NonNullable<Parameters<typeof inOrder>[0]> };

/** What is wrong with an answer from the snapshot, as the log is now. Pure. */
export const judgeSaved = (folded: FoldedLog, { count, asOf, users = [] }: SavedSet, now = Date.now()): string[] => {
  if (asOf && asOf.getTime() > now + clockMs) return [`It is as of ${asOf.toISOString()}, which is still to come`];
  let [least, most] = [0, 0];
  const possible = new Map<string, object[]>();
  for (const id of folded.streams.keys()) {
    const states = statesSince(folded, id, asOf);
    if (states.every((state) => state?.status === 'active')) least += 1;
    if (states.some((state) => state?.status === 'active')) most += 1;
    possible.set(
      id,
      states.flatMap((state) => state?.user ?? []),
    );
  }
  const what = `${users.length > 0 ? 'LIST' : 'COUNT'} as of ${asOf?.toISOString() ?? 'now'}`;
  const strange = users.filter((user) => !possible.get(user.id ?? '')?.some((state) => isDeepStrictEqual(state, user)));
  return [
    ...(count >= least && count <= most ? [] : [`${what} gives ${count}: between ${least} and ${most} are possible`]),
    ...(new Set(users.map(({ id }) => id)).size < users.length ? [`${what} shows a user twice`] : []),
    ...(isDeepStrictEqual(inOrder(users), users) ? [] : [`${what} shows users out of order`]),
    ...strange.slice(0, 3).map((user) => `${what} shows ${JSON.stringify(user)}, which it was not since`),
  ];
};

/** From the state that was in the log for sure at that time (undefined: now), up to the last one. */
const statesSince = (folded: FoldedLog, id: string, asOf: Date | undefined) => {
  const stream = folded.streams.get(id) ?? [];
  const until = asOf ? asOf.getTime() - clockMs : Number.POSITIVE_INFINITY;
  const lowest = stream.filter(({ at }) => at.getTime() <= until).length;
  return Array.from({ length: stream.length - lowest + 1 }, (_, index) => stateAt(folded, id, lowest + index));
};
