import { chooseEntities } from '@muster/entities';
import { listenForFailpoints, refuseToStart } from '@muster/runtime';
import { gatewayProgram } from './gateway-program.ts';

listenForFailpoints();
const chosen = chooseEntities(process.env.ENTITIES ?? '');
if (chosen.kind === 'entities') await gatewayProgram(chosen.entities);
else refuseToStart('the gateway', `ENTITIES: ${chosen.problem}`);
