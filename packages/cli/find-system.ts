import { partitionHash } from '@muster/placement';
import { type Log, readSettings } from '@muster/store';
import { type Running, readRunning } from '@muster/supervisor';
import { type CliSettings, parseCliSettings } from './settings.ts';

/**
 * The running system as the commands see it: its database, the addresses of its gateways if it was started here, and
 * the secret of its wire if that is known.
 */
export type Found =
  | {
      kind: 'found';
      uri: string;
      database: string;
      url: string | undefined;
      urls: string[];
      secret: string | undefined;
    }
  | { kind: 'problems'; problems: string[] };

/** Finds the running system: the database that MONGODB_URI names, else that of the `npm start` on the data folder. */
export const findSystem = async (environment: NodeJS.ProcessEnv): Promise<Found> => {
  const parsed = parseCliSettings(environment);
  if (parsed.kind === 'problems') return parsed;
  const running = await readRunning(parsed.settings.DATA);
  return describe(parsed.settings, running);
};

const describe = (
  { MONGODB_URI, CLUSTER_SECRET, DATABASE, DATA }: CliSettings,
  running: Running | undefined,
): Found => {
  const uri = MONGODB_URI ?? running?.mongodbUri;
  const secret = CLUSTER_SECRET ?? running?.clusterSecret;
  if (uri !== undefined)
    return { kind: 'found', uri, database: DATABASE, url: running?.url, urls: urlsOf(running), secret };
  return {
    kind: 'problems',
    problems: [
      `no Muster runs on the data in ${DATA}, and MONGODB_URI is not set: ` +
        `start one with npm start, or name its database`,
    ],
  };
};

const urlsOf = (running: Running | undefined): string[] =>
  (running?.processes ?? []).flatMap(({ url }) => (url === undefined ? [] : [url]));

/**
 * The number of partitions that the database was set up with. Throws when it was not set up, or with another hash than
 * this program's.
 */
export const readPartitions = async (log: Log): Promise<number> => {
  const stored = await readSettings(log, 5_000);
  if (stored.hash === partitionHash) return stored.partitions;
  throw new Error(
    `Cannot tell partitions: the database was set up with the hash "${stored.hash}", ` +
      `this program has "${partitionHash}"`,
  );
};
