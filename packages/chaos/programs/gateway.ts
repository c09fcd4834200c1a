import { runGateway } from '@muster/gateway';
import { listenForFailpoints, runProgram } from '@muster/runtime';
import { entities } from './entities.ts';

listenForFailpoints();
await runProgram('muster-gateway', (environment, signal) =>
  runGateway(entities, environment, signal, (port) => process.send?.({ kind: 'ready', port })),
);
