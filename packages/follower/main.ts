import { chooseEntities } from '@muster/entities';
import { listenForFailpoints, refuseToStart } from '@muster/runtime';
import { followerProgram } from './follower-program.ts';

listenForFailpoints();
const chosen = chooseEntities(process.env.ENTITIES ?? '');
if (chosen.kind === 'entities') await followerProgram(chosen.entities, async (environment) => environment);
else refuseToStart('the follower', `ENTITIES: ${chosen.problem}`);
