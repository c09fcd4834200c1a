import type { Entity } from '@muster/model';
import { user } from './user.ts';

/** Everything that this Muster keeps. A further entity is a file beside `user.ts` and a line here. */
export const entities: readonly Entity[] = [user];
