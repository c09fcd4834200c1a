import type { Entity } from '@muster/model';
import { runProgram } from '@muster/runtime';
import { runGateway } from './run-gateway.ts';

/** Runs this process as a gateway of these entities. When it is ready, it sends its port to its parent process. */
export const gatewayProgram = (entities: readonly Entity[]): Promise<void> =>
  runProgram('muster-gateway', (environment, signal) =>
    runGateway(entities, environment, signal, (port) => process.send?.({ kind: 'ready', port })),
  );
