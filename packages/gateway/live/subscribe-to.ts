import type { Asking } from '../feed/open-subscription.ts';
import { subscribeToEvents } from '../feed/subscribe-to-events.ts';
import type { Gateway } from '../gateway.ts';
import { invalid, type Problem } from '../problem.ts';
import type { Target } from './find-target.ts';
import { parseListSource } from './list-source.ts';
import type { ParsedSource } from './source.ts';
import { subscribeToList } from './subscribe-to-list.ts';
import { parseThingSource } from './thing-source.ts';
import { parseViewSource } from './view-source.ts';

/** Subscribes to what an address shows. Resolves when the subscription begins, or with a problem. */
export const subscribeTo = (gateway: Gateway, target: Target, asking: Asking): Promise<Problem | undefined> => {
  switch (target.kind) {
    case 'events':
      return subscribeToEvents(gateway, target.scope, asking);
    case 'list':
      return subscribeParsed(gateway, parseListSource(gateway, target.entity, asking.query), asking);
    case 'view':
      return subscribeParsed(gateway, parseViewSource(gateway, target.entity, target.view, asking.query), asking);
    case 'thing':
      return subscribeParsed(gateway, parseThingSource(gateway, target.entity, target.id, asking.query), asking);
  }
};

const subscribeParsed = async (gateway: Gateway, parsed: ParsedSource, asking: Asking): Promise<Problem | undefined> =>
  parsed.kind === 'faults' ? invalid(parsed.faults) : subscribeToList(gateway, parsed.source, asking);
