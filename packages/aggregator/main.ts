import { chooseEntities } from '@muster/entities';
import { listenForFailpoints, refuseToStart } from '@muster/runtime';
import { aggregatorProgram } from './aggregator-program.ts';

listenForFailpoints();
const chosen = chooseEntities(process.env.ENTITIES ?? '');
if (chosen.kind === 'entities') await aggregatorProgram(chosen.entities);
else refuseToStart('the aggregator', `ENTITIES: ${chosen.problem}`);
