import { task } from './task.ts';

/** Everything that this Muster keeps. `muster start` reads this list. */
export const entities = [task];
