import { isPortFree } from '@muster/embedded';

/** Returns this port if it is free, or else 0, which stands for any free port. */
export const freeOr = async (host: string, port = 0): Promise<number> =>
  port !== 0 && port <= 65_535 && (await isPortFree(host, port)) ? port : 0;
