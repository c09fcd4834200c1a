export { isRunning, readCommandLine } from './command-line.ts';
export { findServer, type Search, type Server, type ServerKind } from './find-server.ts';
export { type Database, type DatabaseOptions, launchDatabase, openDatabase, stopMs } from './open-database.ts';
export { findFreePort, isPortFree } from './ports.ts';
export { findProjectRoot } from './project-root.ts';
export { endLeftServer, kindOfData } from './server-data.ts';
export { describeExit, type Exit, endProcess, type Spawned, spawnProcess } from './spawned.ts';
