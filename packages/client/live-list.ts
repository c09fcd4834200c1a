import type { ChangeKind, ListChange } from './subscription.ts';

/** A list as the server has it, kept by its changes. A plain value; only this file changes it. */
export type LiveList = {
  items: unknown[];
  isKnown: boolean; // the list itself has come
  isWhole: boolean; // no change came since it was last shown
  asOf: string | undefined; // as it was last shown
};

export const openLiveList = (): LiveList => ({ items: [], isKnown: false, isWhole: true, asOf: undefined });

/** Applies a change. Returns false if it does not fit the list, which then is not the server's. */
export const applyChange = (list: LiveList, kind: ChangeKind, change: ListChange): boolean => {
  if (kind === 'list') return replaceItems(list, change);
  if (!list.isKnown) return false;
  list.isWhole = false;
  const { items } = list;
  const { at = -1, from = -1, to = -1, id, item } = change;
  switch (kind) {
    case 'added':
      if (!isIndex(at, items.length + 1)) return false;
      items.splice(at, 0, item);
      return true;
    case 'changed':
      if (!isIndex(at, items.length) || !isSame(items[at], idOf(item))) return false;
      items[at] = item;
      return true;
    case 'removed':
      if (!isIndex(at, items.length) || !isSame(items[at], id)) return false;
      items.splice(at, 1);
      return true;
    case 'moved':
      if (!isIndex(from, items.length) || !isIndex(to, items.length) || !isSame(items[from], idOf(item))) return false;
      items.splice(from, 1);
      items.splice(to, 0, item);
      return true;
  }
};

/**
 * Returns the list as a new frozen array, if a bookmark with this `asOf` shows anything new: changes, or that the list
 * is current or not.
 */
export const showList = (list: LiveList, asOf: string | undefined): readonly unknown[] | undefined => {
  if (!list.isKnown || (list.isWhole && list.asOf === asOf)) return undefined;
  list.isWhole = true;
  list.asOf = asOf;
  return Object.freeze([...list.items]);
};

const replaceItems = (list: LiveList, { items }: ListChange): boolean => {
  if (!Array.isArray(items)) return false;
  list.items = [...items];
  list.isKnown = true;
  list.isWhole = false;
  return true;
};

const isIndex = (index: number, length: number): boolean => Number.isInteger(index) && index >= 0 && index < length;

const idOf = (item: unknown): unknown => Object(item).id;

const isSame = (item: unknown, id: unknown): boolean => idOf(item) === undefined || idOf(item) === id;
