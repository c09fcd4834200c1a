import createClient from 'openapi-fetch';
import type { paths } from './api.d.ts';

/** Returns a client for the accounts at this address. Its methods know each route, input, answer and problem. */
export const openClient = (url: string) => createClient<paths>({ baseUrl: url });
