import { invalid, type Problem } from './problem.ts';

/** The problem of a request with a condition at an address that has no versions. `header`: the one that was sent. */
export const takesNoCondition = (header: string, who = 'This address takes', other = ''): Problem => {
  const detail = `${who} neither If-Match nor If-None-Match${other}`;
  return invalid([{ pointer: '', code: 'invalid-header', detail, place: { header } }]);
};

/** The header with a condition that was sent. */
export const conditionOf = ({ ifMatch }: { ifMatch: string }): string =>
  ifMatch === '' ? 'If-None-Match' : 'If-Match';
