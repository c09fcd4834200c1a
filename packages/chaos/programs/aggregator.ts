import { aggregatorProgram } from '@muster/aggregator';
import { listenForFailpoints } from '@muster/runtime';
import { entities } from './entities.ts';

listenForFailpoints();
await aggregatorProgram(entities);
