import { entities as shipped } from '@muster/entities';
import type { Entity } from '@muster/model';
import { account } from '../../../examples/bank-account/account.ts';

/** An account as the programs for faults know it: few states stay in memory. Such an entity cannot have views. */
const kept: Entity = { ...account, keep: 16, views: new Map() };

/** What the programs serve under faults: plain data, and an entity with its own commands and events. */
export const entities: readonly Entity[] = [...shipped, kept];
