import { entities } from '@muster/entities';
import { listenForFailpoints } from '@muster/runtime';
import { aggregatorProgram } from './aggregator-program.ts';

listenForFailpoints();
await aggregatorProgram(entities);
