import { type Answered, call, type UserRequest } from '@muster/testing';

// the others depend on the moment, on who answers, or on the library
const recorded = ['allow', 'content-type', 'etag', 'link', 'location', 'muster-parked', 'retry-after'];

/** Asks, and gives what of the answer must stay the same over releases. */
export const askAsRecorded = async (url: string, { method, path, ...options }: UserRequest): Promise<Answered> => {
  const { status, headers, text } = await call(url, method, path, options);
  const kept = recorded.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status, headers: Object.fromEntries(kept), text: text.replace(/,"requestId":"[^"]*"/, '') };
};

// what the release said, and what is said today: only what was changed on purpose
const changed: readonly (readonly [was: string, is: string])[] = [
  ['must be one ETag such as', 'must be * or ETags such as'],
];

/** A recorded answer with the sentences of today. */
export const asToday = (answer: Answered): Answered => ({
  ...answer,
  text: changed.reduce((text, [was, is]) => text.replaceAll(was, is), answer.text),
});

/** Whether a recorded request means something else today, on purpose. The release did not know PATCH. */
export const hasNewMeaning = ({ method }: UserRequest): boolean => method === 'PATCH';
