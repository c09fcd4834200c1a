import type { Feed } from '../feed/feed.ts';

/** Makes all live lists look at what is new. */
export const wakeLists = ({ lists }: Feed): void => {
  for (const list of lists.values()) list.wake?.();
};
