import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProjectRoot } from './project-root.ts';

/**
 * The folder for what is fetched once: `.cache` of the checkout. For an installed package it is the cache folder of the
 * user, so that all projects share it.
 */
export const cacheFolder = (): string => {
  const isInstalled = fileURLToPath(import.meta.url)
    .split(/[\\/]/)
    .includes('node_modules');
  return isInstalled ? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'muster') : inCheckout();
};

const inCheckout = () => join(findProjectRoot(), '.cache');
