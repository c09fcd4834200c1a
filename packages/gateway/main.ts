import { entities } from '@muster/entities';
import { listenForFailpoints } from '@muster/runtime';
import { gatewayProgram } from './gateway-program.ts';

listenForFailpoints();
await gatewayProgram(entities);
