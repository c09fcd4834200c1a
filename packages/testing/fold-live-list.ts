import type { Message } from './read-feed.ts';

/** A live list as its messages make it. `lists` has the list after each group of changes, `asOf` is of the last one. */
export type FoldedList = {
  lists: Item[][];
  asOf: string | undefined;
  total: number | undefined;
  items: Item[] | undefined; // as the last message left it
};

export type Item = Record<string, unknown>;

/**
 * Folds the messages of a live list, behind those of `former`. `lists` has those of these messages. Throws an Error
 * when one does not fit to the list before it. Pure.
 */
export const foldLiveList = (messages: readonly Message[], former?: FoldedList): FoldedList => {
  const folded: FoldedList = { ...none, ...former, lists: [] };
  let items = former?.items;
  for (const message of messages) {
    const { data, event } = message;
    if (event === 'end') continue;
    if (event === 'list') items = data.items as Item[];
    else if (event !== 'bookmark') {
      items = takeStep(items, message);
      continue;
    }
    if (!items) throw new Error('a bookmark came before the list');
    folded.lists.push(items);
    folded.asOf = data.asOf as string | undefined;
    if (data.total !== undefined) folded.total = Number(data.total);
  }
  return { ...folded, items };
};

const none = { asOf: undefined, total: undefined, items: undefined };

const takeStep = (items: Item[] | undefined, { data, event }: Message): Item[] => {
  const { at, from, to, item } = data as { at: number; from: number; to: number; item: Item };
  const fail = (): never => {
    throw new Error(`${event} ${JSON.stringify(data)} does not fit to ${JSON.stringify(items?.map(nameOf))}`);
  };
  if (!items) return fail();
  switch (event) {
    case 'added':
      return at <= items.length && !items.some((one) => nameOf(one) === nameOf(item))
        ? items.toSpliced(at, 0, item)
        : fail();
    case 'changed':
      return nameOf(items[at]) === nameOf(item) ? items.with(at, item) : fail();
    case 'removed':
      return nameOf(items[at]) === nameOf(data) ? items.toSpliced(at, 1) : fail();
    case 'moved':
      return nameOf(items[from]) === nameOf(item) ? items.toSpliced(from, 1).toSpliced(to, 0, item) : fail();
    default:
      return fail();
  }
};

const nameOf = (item: Item | undefined): string => JSON.stringify(item && ('id' in item ? item.id : item.key));
