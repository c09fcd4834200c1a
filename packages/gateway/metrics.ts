import { Counter, Histogram, openGauge, type Registry, secondsBuckets } from '@muster/runtime';
import type { AppendQueue } from '@muster/store';
import type { Feed } from './feed/feed.ts';
import type { Requests } from './requests.ts';

/** The metrics of a gateway. */
export type Metrics = ReturnType<typeof openCounters>;

/** Registers the metrics of a gateway: those read from its state, and those that it counts. */
export const openGatewayMetrics = (registry: Registry, queue: AppendQueue, requests: Requests, feed: Feed): Metrics => {
  openGauge(registry, 'muster_live_subscribers', 'Subscribers of the feed', () => feed.subscribers.size);
  openGauge(registry, 'muster_live_ring_events', 'Events in the ring of the feed', () => feed.ring.entries.length);
  openGauge(registry, 'muster_live_catching_up', 'Subscribers that are not at the ring yet', () => catchingUpIn(feed));
  openGauge(registry, 'muster_live_sockets', 'WebSockets', () => feed.sockets.size);
  openGauge(
    registry,
    'muster_live_list_reads_waiting',
    'Lists that wait to be read',
    () => feed.listReads.waiting.size,
  );
  openGauge(registry, 'muster_live_states_loading', 'States around events that are looked up', () => feed.loading);
  openGauge(registry, 'muster_live_lists', 'Lists, views and things that are followed', () => feed.lists.size);
  openGauge(registry, 'muster_requests_in_flight', 'Requests at work', () => requests.inFlight.size);
  openGauge(registry, 'muster_appends_waiting', 'Appends that wait for a batch', () => queue.waiting.length);
  openGauge(registry, 'muster_append_batches', 'Batches sent since the start', () => queue.batches);
  return openCounters(registry);
};

const catchingUpIn = ({ subscribers }: Feed): number =>
  [...subscribers].filter(({ follows }) => follows.kind === 'events' && follows.number === undefined).length;

const openCounters = (registry: Registry) => {
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name: `muster_${name}_total`, help, labelNames: [label], registers: [registry] });
  return {
    seconds: new Histogram({
      name: 'muster_http_seconds',
      help: 'Time to the answer',
      labelNames: ['method', 'status'],
      buckets: secondsBuckets,
      registers: [registry],
    }),
    reads: counter('reads', 'Reads, by where the answer came from', 'source'),
    appends: counter('appends', 'Appends, by outcome', 'outcome'),
    liveEnded: counter('live_ended', 'Subscriptions that the gateway ended, by reason', 'reason'),
    refused: counter('requests_refused', 'Requests refused at once with 503, by reason', 'reason'),
  };
};
