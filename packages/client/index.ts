export { type Subscription, subscribe } from './subscribe.ts';
export type {
  ChangeKind,
  FeedEvent,
  ListChange,
  OnLost,
  Status,
  SubscribeOptions,
  SubscriptionError,
} from './subscription.ts';
