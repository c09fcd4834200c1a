export { isRunning, readCommandLine } from './command-line.ts';
export { findServer } from './find-server.ts';
export { type Database, type DatabaseOptions, launchDatabase, openDatabase, stopMs } from './open-database.ts';
export { findFreePort, isPortFree } from './ports.ts';
export { findProjectRoot } from './project-root.ts';
export type { Search, Server, ServerKind } from './server.ts';
export { endLeftServer, kindOfData } from './server-data.ts';
export { describeExit, type Exit, endProcess, type Spawned, spawnProcess } from './spawned.ts';
