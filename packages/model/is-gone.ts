import type { Entity } from './entity.ts';
import type { Active } from './state.ts';

/** Whether an active thing is gone, as its entity says. Throws what the entity's `gone` throws. */
export const isGone = ({ gone }: Entity, { fields }: Active): boolean => gone?.(fields) === true;

/** Whether a thing that is gone stays so: no command of the entity runs on it. */
export const staysGone = ({ commands }: Entity): boolean => [...commands.values()].every(({ revives }) => !revives);
