import type { Entity } from './entity.ts';
import type { Active } from './state.ts';

/** Whether an active thing is gone, as its entity says. Throws what the entity's `gone` throws. */
export const isGone = ({ gone }: Entity, { fields }: Active): boolean => gone?.(fields) === true;
