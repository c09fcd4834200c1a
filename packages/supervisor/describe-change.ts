import type { Changed } from './change-system.ts';
import type { ChangeRequest } from './parse-change.ts';
import { describeWanted } from './scale-system.ts';

/** What was asked, as it continues `Asked to …`. Pure. */
export const describeRequest = (request: ChangeRequest): string => {
  if (request.kind === 'scale') return describeWanted(request);
  const settings = Object.entries(request.settings ?? {}).map(([name, value]) => `${name}=${value}`);
  return `restart ${request.only ?? 'aggregators'}${settings.length > 0 ? ` with ${settings.join(' ')}` : ''}`;
};

/** How a change ended. Pure. */
export const describeChanged = (changed: Changed): string => {
  switch (changed.kind) {
    case 'done':
      return `Done, after ${(changed.ms / 1_000).toFixed(1)} s`;
    case 'refused':
      return changed.problem;
    case 'failed':
      return `Broken off: ${changed.problem}`;
  }
};
