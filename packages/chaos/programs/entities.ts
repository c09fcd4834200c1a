import { entities as shipped } from '@muster/entities';
import type { Entity } from '@muster/model';
import { account } from '../../../examples/bank-account/account.ts';

/** What the programs keep under faults: plain data, and an entity of its own. */
export const entities: readonly Entity[] = [...shipped, account];
