import type { FollowsList, LiveList } from '../feed/feed.ts';
import { type Asking, findNoPlaceFor, openSubscription } from '../feed/open-subscription.ts';
import { ensureFeed } from '../feed/run-feed.ts';
import { pump } from '../feed/subscribers.ts';
import type { Gateway } from '../gateway.ts';
import { type Problem, unavailable } from '../problem.ts';
import { beginList, forgetList } from './follow-list.ts';
import { openLiveList } from './live-list.ts';
import type { Source } from './source.ts';

/** Subscribes to a list, a view or one thing. Resolves when the subscription begins, or with a problem. */
export const subscribeToList = async (
  gateway: Gateway,
  source: Source,
  asking: Asking,
): Promise<Problem | undefined> => {
  const refused = findNoPlaceFor(gateway, asking.client);
  if (refused) return refused;
  ensureFeed(gateway);
  const follows: FollowsList = { kind: 'list', list: openLiveList(source), sent: undefined };
  return openSubscription(gateway, asking, follows, '', async (subscriber, onBegun) => {
    const list = shareList(gateway, source); // nothing is awaited until it has this subscriber
    follows.list = list;
    list.subscribers.add(subscriber);
    const problem = (await openList(gateway, list)) ?? list.missing;
    if (problem || subscriber.over.signal.aborted) {
      list.subscribers.delete(subscriber);
      return problem;
    }
    asking.begin();
    subscriber.hasBegun = true;
    onBegun();
    pump(gateway.feed, subscriber);
    return undefined;
  });
};

const shareList = ({ feed }: Gateway, source: Source): LiveList => {
  const known = feed.lists.get(source.key);
  if (known) return known;
  const list = openLiveList(source);
  feed.lists.set(source.key, list);
  return list;
};

/** Reads the list for the first time, once for all that wait for it. */
const openList = async (gateway: Gateway, list: LiveList): Promise<Problem | undefined> => {
  const { feed } = gateway;
  const { running } = feed;
  if (!running) return unavailable('Cannot follow the list: the gateway is stopping');
  list.opening ??= beginList(gateway, list, running.signal);
  let isOpen = false;
  try {
    const problem = await list.opening;
    isOpen = problem === undefined;
    return problem;
  } finally {
    if (!isOpen) forgetList(feed, list);
  }
};
