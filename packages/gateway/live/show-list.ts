import type { FollowsList, LiveList, Subscriber } from '../feed/feed.ts';
import { type Message, openMessage } from '../feed/message.ts';
import { write } from '../feed/write-events.ts';
import type { Row, Step } from './diff-rows.ts';

/**
 * Sends a subscriber the edition of the list that is current: the steps from the one before, if it has that, else the
 * whole list. One whose connection takes no more gets the whole list when it does.
 */
export const pumpList = (subscriber: Subscriber, follows: FollowsList): void => {
  const { list, sent } = follows;
  if (sent === list.edition || list.edition === 0) return;
  if (subscriber.outlet.isFull()) {
    subscriber.stuckSince ??= performance.now();
    return;
  }
  follows.sent = list.edition;
  subscriber.position = list.position;
  if (sent === list.edition - 1) for (const step of list.steps) write(subscriber, step);
  else write(subscriber, wholeOf(list));
};

/** Removes a subscriber of a list. A list without any is no longer followed. */
export const leaveList = (subscriber: Subscriber, { list }: FollowsList): void => {
  list.subscribers.delete(subscriber);
  list.wake?.();
};

const wholeOf = (list: LiveList): Message => {
  list.whole ??= openMessage('list', list.position, writeWhole(list));
  return list.whole;
};

const writeWhole = ({ asOf, rows, total }: LiveList): string => {
  const about = JSON.stringify({ total, asOf }).slice(1, -1);
  return `{"items":[${rows.map(({ json }) => json).join(',')}]${about === '' ? '' : `,${about}`}}`;
};

/** Returns the messages of the steps to an edition, and the bookmark that says that the list is whole then. */
export const writeSteps = (list: LiveList, steps: readonly Step[]): Message[] => [
  ...steps.map((step) => openMessage(step.kind, '', writeStep(step, list.source.rowName))),
  openMessage('bookmark', list.position, JSON.stringify({ time: new Date(), total: list.total, asOf: list.asOf })),
];

const writeStep = (step: Step, rowName: string): string => {
  switch (step.kind) {
    case 'removed':
      return `{"at":${step.at},${nameOf(step.row, rowName)}}`;
    case 'added':
    case 'changed':
      return `{"at":${step.at},"item":${step.row.json}}`;
    case 'moved':
      return `{"from":${step.from},"to":${step.to},"item":${step.row.json}}`;
  }
};

const nameOf = ({ name }: Row, rowName: string): string => `"${rowName}":${name}`;
