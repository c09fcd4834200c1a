import type { Changed } from './change-system.ts';
import type { ChangeRequest } from './parse-change.ts';
import { describeWanted } from './scale-system.ts';

/** The request in words, as in `Requested: scale to 5 aggregators`. Pure. */
export const describeRequest = (request: ChangeRequest): string => {
  if (request.kind === 'scale') return describeWanted(request);
  const settings = Object.entries(request.settings ?? {}).map(([name, value]) => `${name}=${value}`);
  return `restart ${request.only ?? 'aggregators'}${settings.length > 0 ? ` with ${settings.join(' ')}` : ''}`;
};

/** The outcome of a change in words. Pure. */
export const describeChanged = (changed: Changed): string => {
  switch (changed.kind) {
    case 'done':
      return `Done, after ${(changed.ms / 1_000).toFixed(1)} s`;
    case 'refused':
      return changed.problem;
    case 'failed':
      return `Failed: ${changed.problem}`;
  }
};
