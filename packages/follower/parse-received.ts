import type { FeedEvent } from '@muster/client';

/** An event of a site with its position, as it came. */
export type Received = { event: FeedEvent; position: string };

const idMax = 128;

/** The most letters of a position that are stored. */
export const positionMax = 4_096;

/**
 * Checks that a message of a site is an event with a position, as its parts are stored here. Throws an Error that says
 * what is wrong. Pure.
 */
export const parseReceived = (event: FeedEvent, position: string): Received => {
  const { entity, id, subject, version } = event;
  const isText = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= idMax;
  const wrong = Object.entries({ entity, id, subject }).find(([, value]) => !isText(value));
  if (wrong)
    throw new Error(`it sent an event whose ${wrong[0]} is ${show(wrong[1])}, which is no text of ${idMax} letters`);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new Error(`it sent an event with the version ${show(version)}`);
  if (position.length > positionMax) throw new Error(`it sent a position of ${position.length} letters`);
  return { event, position };
};

const show = (value: unknown): string => String(JSON.stringify(value)).slice(0, 100);
