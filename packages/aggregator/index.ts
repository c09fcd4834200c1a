export { runAggregator } from './run-aggregator.ts';
