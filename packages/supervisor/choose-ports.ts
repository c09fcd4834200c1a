import { isPortFree } from '@muster/embedded';
import type { LocalSettings } from './settings.ts';

export type Ports = { mongodbPort: number; healthPort: number };

export type Chosen = { kind: 'ports'; ports: Ports; remarks: string[] } | { kind: 'problems'; problems: string[] };

/**
 * Chooses the ports beside the gateway's. A port that the settings name must be free: otherwise it is a problem. If a
 * default port is in use, any free port is used instead, with a remark. So a second Muster on this machine needs only
 * its own PORT and DATA.
 */
export const choosePorts = async (settings: LocalSettings): Promise<Chosen> => {
  const mongodb =
    settings.MONGODB_URI === undefined
      ? await choose('MONGODB_PORT', settings.MONGODB_PORT, usualMongodbPort, 1, '127.0.0.1')
      : nothingToChoose;
  const usualHealthPort = settings.PORT === 0 || settings.PORT > 65_400 ? 0 : settings.PORT + 100;
  const health = await choose(
    'HEALTH_PORT',
    settings.HEALTH_PORT,
    usualHealthPort,
    1 + settings.AGGREGATORS,
    settings.HOST,
  );
  const problems = [...mongodb.problems, ...health.problems];
  if (problems.length > 0) return { kind: 'problems', problems };
  return {
    kind: 'ports',
    ports: { mongodbPort: mongodb.port, healthPort: health.port },
    remarks: [...mongodb.remarks, ...health.remarks],
  };
};

const usualMongodbPort = 27_117;

const nothingToChoose = { port: 0, problems: [], remarks: [] };

const choose = async (name: string, asked: number | undefined, usual: number, count: number, host: string) => {
  const first = asked ?? usual;
  if (first === 0) return nothingToChoose;
  const ports = Array.from({ length: count }, (_, index) => first + index);
  const free = await Promise.all(ports.map((port) => isPortFree(host, port)));
  const taken = ports.filter((_, index) => !free[index]).join(', ');
  if (taken === '') return { port: first, problems: [], remarks: [] };
  if (asked !== undefined)
    return {
      port: 0,
      problems: [`Cannot use ${name}=${asked}: it needs the free ports ${ports.join(', ')}, but ${taken} is in use`],
      remarks: [],
    };
  return {
    port: 0,
    problems: [],
    remarks: [`Port ${taken} is in use: using free ports instead of ${ports.join(', ')}. Set ${name} to choose others`],
  };
};
