// the part of autocannon 9 that the load generator uses: autocannon has no types
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  const autocannon: (
    options: autocannon.Options,
    done: (error: Error | null, result: autocannon.Result) => void,
  ) => EventEmitter;

  namespace autocannon {
    type Request = { method?: string; path?: string; headers?: Record<string, string>; body?: string };
    type Client = { setRequests(requests: Request[]): void };
    type Options = Request & {
      url: string;
      connections: number;
      duration: number;
      timeout?: number;
      setupClient?: (client: Client) => void;
    };
    type Result = {
      errors: number;
      timeouts: number;
      non2xx: number;
      statusCodeStats: Record<string, { count: number }>;
    };
  }

  export = autocannon;
}
