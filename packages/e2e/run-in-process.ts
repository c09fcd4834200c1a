import { runAggregator } from '@muster/aggregator';
import { runGateway } from '@muster/gateway';
import type { Entity } from '@muster/model';
import { openTestDatabase } from '@muster/testing';

export type InProcess = AsyncDisposable & { url: string; uri: string; database: string };

export type InProcessOptions = {
  aggregators: number;
  environment?: Record<string, string>;
  database?: { uri: string; database: string };
};

/**
 * Runs both programs in this process on a new database, or on the given one. For tests that need other entities than
 * the shipped ones, or no aggregator. Throws if a program ends before it is ready.
 */
export const runInProcess = async (
  entities: readonly Entity[],
  { aggregators, environment = {}, database: given }: InProcessOptions,
): Promise<InProcess> => {
  const test = given ? undefined : await openTestDatabase();
  const { uri, database } = given ?? (test as NonNullable<typeof test>);
  const stop = new AbortController();
  const own = { MONGODB_URI: uri, DATABASE: database, CLUSTER_SECRET: 'the secret of the tests' };
  const common = { ...own, LOG_LEVEL: 'silent', ...environment };
  const started = Array.from({ length: aggregators }, (_, index) =>
    start((ready) =>
      runAggregator(entities, { ...common, AGGREGATOR_NAME: `aggregator-${index}` }, stop.signal, ready),
    ),
  );
  await Promise.all(started.map(({ ready }) => ready));
  const gateway = start<[port: number]>((ready) => runGateway(entities, { ...common, PORT: '0' }, stop.signal, ready));
  const [port] = await gateway.ready;
  const close = async () => {
    stop.abort();
    await Promise.all([...started, gateway].map(({ ended }) => ended));
    await test?.[Symbol.asyncDispose]();
  };
  return { url: `http://127.0.0.1:${port}`, uri, database, [Symbol.asyncDispose]: close };
};

/** Starts a program. `ready` resolves when the program is ready, and rejects when it ends before. */
const start = <Said extends unknown[] = [object]>(run: (ready: (...said: Said) => void) => Promise<number>) => {
  let ended: Promise<number> = Promise.resolve(0);
  const ready = new Promise<Said>((resolve, reject) => {
    ended = run((...said) => resolve(said));
    ended.then((code) => reject(new Error(`The program ended with code ${code} before it was ready`)), reject);
  });
  return { ready, ended };
};
