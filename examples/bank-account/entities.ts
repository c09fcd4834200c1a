import { account } from './account.ts';

export const entities = [account];
