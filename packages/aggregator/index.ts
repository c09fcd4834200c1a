export { aggregatorProgram } from './aggregator-program.ts';
export { runAggregator } from './run-aggregator.ts';
