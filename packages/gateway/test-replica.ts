import type { Answers } from '@muster/wire';
import { serveRequests } from '@muster/wire';

/** An aggregator on the wire whose answers the test chooses. */
export type TestReplica = AsyncDisposable & { name: string; address: string; incarnation: string };

const secret = 'the secret of the tests';
const database = 'muster';

/** The wire settings of a gateway that can connect to such aggregators. */
export const testWire = { secret, database, onProblem: () => undefined };

const silence = () => new Promise<never>(() => undefined);

/** Opens a test aggregator on a free port. It never replies to a request that `answers` does not cover. */
export const openTestReplica = async (
  name: string,
  answers: Partial<Answers> = {},
  incarnation = 'a1',
): Promise<TestReplica> => {
  const service = await serveRequests({
    ...{ host: '127.0.0.1', port: 0, secret, identity: () => ({ name, incarnation, database }) },
    answers: { read: silence, readState: silence, ask: silence, ...answers },
    onProblem: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const close = () => service[Symbol.asyncDispose]();
  return { name, address: `127.0.0.1:${service.port}`, incarnation, [Symbol.asyncDispose]: close };
};
