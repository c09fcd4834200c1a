export { isRunning, readCommandLine } from './command-line.ts';
export { findServer, type Search, type Server, type ServerKind } from './find-server.ts';
export { type Group, killProcess, type ManagedProcess, type ProcessEvent, processOf, startProcess, stopProcess, waitReady } from './managed-process.ts';
export { type Database, type DatabaseOptions, openDatabase } from './open-database.ts';
export { findFreePort } from './ports.ts';
export { findProjectRoot } from './project-root.ts';
export { claimRunning, describeRunning, type Running, readRunning, removeRunning, saveRunning } from './running.ts';
export { describeExit, type Exit, endProcess, type Spawned } from './spawned.ts';
export { type RunningSystem, type System, type SystemOptions, startSystem } from './system.ts';
