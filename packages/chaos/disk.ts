import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A small file system in memory. `path`: the data of a MongoDB. `ballast`: the file that fills the disk. */
export type Disk = AsyncDisposable & { path: string; ballast: string };

const run = promisify(execFile);
const sizeMb = 700; // the server reserves log files of 64 MB

/**
 * Mounts a small file system in a new folder. Returns undefined if this machine does not allow it. It is unmounted when
 * it is disposed or the process exits.
 */
export const openDisk = async (): Promise<Disk | undefined> => {
  const mount = await mkdtemp(join(tmpdir(), `muster-disk-${process.pid}-`));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'muster-disk', mount]);
  } catch {
    await rm(mount, { recursive: true, force: true });
    return undefined;
  }
  const unmountNow = () => {
    execFileSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true, force: true });
  };
  process.once('exit', unmountNow);
  const path = join(mount, 'data');
  mkdirSync(path);
  const close = async () => {
    process.off('exit', unmountNow);
    await run('umount', ['-l', mount]); // lazy: a killed server may still be ending
    await rm(mount, { recursive: true, force: true });
  };
  return { path, ballast: join(mount, 'ballast'), [Symbol.asyncDispose]: close };
};

/** Writes until the disk is full. */
export const fillDisk = async ({ ballast }: Disk): Promise<void> => {
  await using file = await open(ballast, 'w');
  for (let size = 1024 * 1024; size >= 4_096; ) {
    const written = await file.write(Buffer.alloc(size)).then(
      ({ bytesWritten }) => bytesWritten,
      () => 0,
    );
    if (written < size) size = Math.floor(size / 2);
  }
};

/** Deletes the file that fills the disk. */
export const freeDisk = ({ ballast }: Disk): Promise<void> => rm(ballast, { force: true });
