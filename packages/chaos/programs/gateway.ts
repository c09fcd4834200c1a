import { gatewayProgram } from '@muster/gateway';
import { listenForFailpoints } from '@muster/runtime';
import { entities } from './entities.ts';

listenForFailpoints();
await gatewayProgram(entities);
