import { describeTlsProblem } from './tls-problem.ts';

/**
 * Fetches from a site, as `fetch` does, but a site cannot send this process elsewhere. If TLS with the site fails, it
 * rejects with an Error that says why and what to do. Nothing is sent to a site whose certificate is refused.
 */
export const fetchFromSite = async (address: string, options: RequestInit): Promise<Response> => {
  try {
    return await fetch(address, { ...options, redirect: 'error' });
  } catch (error) {
    const problem = describeTlsProblem(new URL(address).origin, error);
    throw problem === undefined ? error : new Error(problem);
  }
};
