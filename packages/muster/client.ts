export {
  type ChangeKind,
  type FeedEvent,
  type ListChange,
  type OnLost,
  type Status,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionError,
  subscribe,
} from '@muster/client';
