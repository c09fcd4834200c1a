import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/**
 * Opens a registry with the process's own metrics (CPU, memory, event loop delay, garbage collection), labelled with
 * its name.
 */
export const openMetrics = (name: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ process: name });
  // a finer precision, such as the default of 10 ms, wakes an idle process 100 times a second
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  return registry;
};

/** Histogram bounds in seconds, for operations that should take milliseconds. */
export const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Registers a gauge whose value is measured at each request for the metrics. */
export const openGauge = (registry: Registry, name: string, help: string, measure: () => number): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(measure());
    },
  });
};
