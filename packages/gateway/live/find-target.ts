import type { Entity, View } from '@muster/model';
import type { FeedScope } from '../feed/scan-log.ts';

/** What an address shows live: events, a list, a view, or one thing. */
export type Target =
  | { kind: 'events'; scope: FeedScope }
  | { kind: 'list'; entity: Entity }
  | { kind: 'view'; entity: Entity; view: View }
  | { kind: 'thing'; entity: Entity; id: string };

/** Returns what a path shows live. Undefined if there is nothing of this kind. Pure. */
export const findTarget = (entities: readonly Entity[], address: string): Target | undefined => {
  const path = address.replace(/\/$/, '');
  if (path === '/api/events') return { kind: 'events', scope: { entities, id: undefined } };
  const entity = entities.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (!entity) return undefined;
  const [first, second, ...rest] = path
    .slice(entity.path.length + 1)
    .split('/')
    .map(decode);
  if (first === undefined || first === '' || rest.length > 0)
    return path === entity.path ? { kind: 'list', entity } : undefined;
  if (second === undefined) return targetOfOne(entity, first);
  const view = first === 'views' ? entity.views.get(second) : undefined;
  if (view) return { kind: 'view', entity, view };
  return second === 'events' ? { kind: 'events', scope: { entities: [entity], id: first } } : undefined;
};

const targetOfOne = (entity: Entity, name: string): Target | undefined => {
  if (name === 'events') return { kind: 'events', scope: { entities: [entity], id: undefined } };
  return name === 'count' ? undefined : { kind: 'thing', entity, id: name };
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // then it is no id
  }
};
