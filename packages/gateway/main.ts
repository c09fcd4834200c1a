import { entities } from '@muster/entities';
import { listenForFailpoints, runProgram } from '@muster/runtime';
import { runGateway } from './run-gateway.ts';

listenForFailpoints();
await runProgram('muster-gateway', (environment, signal) =>
  runGateway(entities, environment, signal, (port) => process.send?.({ kind: 'ready', port })),
);
