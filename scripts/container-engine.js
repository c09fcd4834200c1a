import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Finds the first working engine of docker, podman and buildah, or the one in CONTAINER_ENGINE. It must have or pull
 * the base image, and run a container on the host's network. Returns `{ engine }`, or `{ refusals }` with the reason
 * for each engine. `stop` ends all running commands.
 */
export const findEngine = async (base, stop) => {
  const named = process.env.CONTAINER_ENGINE;
  const candidates = openers.map((open) => open(stop)).filter(({ family }) => !named || named === family);
  const refusals =
    candidates.length > 0 ? [] : [`CONTAINER_ENGINE is ${JSON.stringify(named)}: expected docker, podman or buildah`];
  const present = [];
  for (const candidate of candidates) {
    const { code, output } = await candidate.run(['info'], { limitMs: 20_000 });
    if (code === 0) present.push({ candidate, hasBase: await candidate.hasImage(base) });
    else refusals.push(`${candidate.name}: ${lastLine(output)}`);
  }
  // prefer an engine that has the image: it needs no download, and a download may be impossible
  for (const { candidate, hasBase } of present.sort((a, b) => Number(b.hasBase) - Number(a.hasBase))) {
    if (stop.aborted) break;
    const refusal = await tryEngine(candidate, base, hasBase);
    if (refusal === undefined) return { engine: candidate };
    refusals.push(`${candidate.name}: ${refusal}`);
  }
  return { refusals };
};

const openers = [
  (stop) => openDockerLike('docker', { ...process.env, DOCKER_BUILDKIT: '1' }, [], stop),
  (stop) => openDockerLike('podman', process.env, ['--format', 'docker', '--pull=never'], stop),
  (stop) => openBuildah([], [], stop),
  // for containers and small virtual machines: no overlay mounts, no namespaces
  (stop) => openBuildah([], ['--isolation', 'chroot'], stop),
  (stop) => openBuildah(['--storage-driver', 'vfs'], ['--isolation', 'chroot'], stop),
];

const tryEngine = async (engine, base, hasBase) => {
  if (!hasBase) {
    const { code, output } = await engine.run(['pull', base], { limitMs: 300_000 });
    if (code !== 0) return `cannot pull ${base}: ${lastLine(output)}`;
  }
  const server = createServer((_, response) => response.end('seen'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ask = `fetch('http://127.0.0.1:${server.address().port}').then(async (r) => console.log(await r.text()))`;
  const { code, output } = await engine.runOnce(base, ['node', '-e', ask]);
  server.closeAllConnections();
  server.close();
  if (code !== 0) return `cannot run a container: ${lastLine(output)}`;
  return output.includes('seen') ? undefined : "a container cannot reach the host's 127.0.0.1";
};

/** Docker or Podman, which run containers in the background. */
const openDockerLike = (name, environment, buildWords, stop) => {
  const run = (words, options) => runCommand([name, ...words], { environment, stop, ...options });
  const inspect = async (image) => JSON.parse((await must(run(['image', 'inspect', image]))).stdout)[0];
  return {
    name,
    family: name,
    run,
    hasImage: async (image) => (await run(['image', 'inspect', image])).code === 0,
    // keep the layers, because the next build uses them
    removeImage: (image) => run(['rmi', '--no-prune', image], { stop: undefined }),
    build: ({ dockerfile, image, folder, words }) =>
      must(
        run(['build', ...buildWords, ...words, '--file', dockerfile, '--tag', image, '.'], {
          folder,
          limitMs: buildLimitMs,
        }),
      ),
    readConfig: async (image) => {
      // Podman stores the health check outside Config
      const { Config, Healthcheck, HealthCheck } = await inspect(image);
      return { Healthcheck: Healthcheck ?? HealthCheck, ...Config };
    },
    readSize: async (image) => (await inspect(image)).Size,
    runOnce: (image, words, { environment: settings = {}, mounts = [] } = {}) =>
      run(['run', '--rm', '--network', 'host', ...envWords(settings), ...mountWords(mounts), image, ...words], {
        limitMs: 60_000,
      }),
    // a new volume takes the owner of the folder that it is first mounted on
    openVolume: async () => {
      const source = `muster-test-${process.pid}-secret`;
      await must(run(['volume', 'create', source]));
      return { source, remove: () => run(['volume', 'rm', '--force', source], { stop: undefined }) };
    },
    create: async ({ container, image, environment: settings, mounts, readOnly, dropped }) => {
      const hardening = [
        ...(readOnly ? ['--read-only'] : []),
        ...dropped.flatMap((capability) => ['--cap-drop', capability]),
      ];
      await must(
        run([
          'create',
          '--name',
          container,
          '--network',
          'host',
          ...hardening,
          ...envWords(settings),
          ...mountWords(mounts),
          image,
        ]),
      );
      return {
        start: () => must(run(['start', container])),
        exec: (words) => run(['exec', container, ...words]),
        stop: async (graceMs) => {
          await must(run(['stop', '--time', String(graceMs / 1_000), container], { limitMs: graceMs + 30_000 }));
          return Number((await must(run(['inspect', '--format', '{{.State.ExitCode}}', container]))).stdout);
        },
        readLog: async () => (await run(['logs', '--tail', '20', container], { stop: undefined })).output,
        remove: () => run(['rm', '--force', '--volumes', container], { stop: undefined }),
      };
    },
  };
};

/** Buildah builds images and runs a command in a container. This code must keep that command running, and stop it. */
const openBuildah = (storage, isolation, stop) => {
  const run = (words, options) => runCommand(['buildah', ...storage, ...words], { stop, ...options });
  const inspect = async (image) => JSON.parse((await must(run(['inspect', '--type', 'image', image]))).stdout);
  const runIn = (container, settings, words, mounts = []) => [
    'run',
    ...isolation,
    ...envWords(settings),
    ...mountWords(mounts),
    container,
    '--',
    ...words,
  ];
  const remove = (container) => run(['rm', container], { stop: undefined });
  return {
    name: ['buildah', ...storage, ...isolation].join(' '),
    family: 'buildah',
    run,
    hasImage: async (image) => (await run(['inspect', '--type', 'image', image])).code === 0,
    removeImage: (image) => run(['rmi', image], { stop: undefined }),
    // no layers: without overlay mounts each one is a full copy, and costs more than a second installation
    build: ({ dockerfile, image, folder, words }) =>
      must(
        run(
          [
            'bud',
            ...isolation,
            '--pull-never',
            '--layers=false',
            '--format',
            'docker',
            ...words,
            '--file',
            dockerfile,
            '--tag',
            image,
            '.',
          ],
          {
            folder,
            limitMs: buildLimitMs,
          },
        ),
      ),
    readConfig: async (image) => (await inspect(image)).Docker.config,
    readSize: async (image) => parseSize(JSON.parse((await must(run(['images', '--json', image]))).stdout)[0].size),
    runOnce: async (image, words, { environment = {}, mounts = [] } = {}) => {
      const container = `muster-once-${process.pid}`;
      try {
        await must(run(['from', '--pull-never', '--name', container, image]));
        return await run(runIn(container, environment, words, mounts), { limitMs: 60_000 });
      } catch (error) {
        return { code: 1, stdout: '', output: error.message };
      } finally {
        await remove(container);
      }
    },
    // buildah has no volumes: use a folder with the owner that a volume would have
    openVolume: async (uid) => {
      const source = mkdtempSync(join(tmpdir(), 'muster-test-volume-'));
      chownSync(source, uid, uid);
      return { source, remove: async () => rmSync(source, { recursive: true, force: true }) };
    },
    create: async ({ container, image, environment, mounts, dropped }) => {
      const { Cmd } = (await inspect(image)).Docker.config;
      await must(run(['from', '--pull-never', '--name', container, image]));
      const hardening = dropped.flatMap((capability) => ['--cap-drop', capability]);
      let running;
      return {
        start: async () => {
          running = startCommand([
            'buildah',
            ...storage,
            'run',
            ...hardening,
            ...runIn(container, environment, Cmd, mounts).slice(1),
          ]);
        },
        exec: (words) => run(runIn(container, environment, words)),
        // buildah kills its command when it receives a signal, so send the signal to the command
        stop: async (graceMs) => {
          for (const pid of leavesOf(running.pid)) signalTo(pid, 'SIGTERM');
          return endedWithin(graceMs, running);
        },
        readLog: async () => running?.tail.join('') ?? '',
        remove: async () => {
          if (running) await endedWithin(0, running);
          await remove(container);
        },
      };
    },
  };
};

const buildLimitMs = 900_000;
const cleanUpMs = 20_000;

const mountWords = (mounts) =>
  mounts.flatMap(({ volume, path, readOnly }) => ['--volume', `${volume.source}:${path}${readOnly ? ':ro' : ''}`]);

const envWords = (settings) => Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

/**
 * Runs a command to its end, at most `limitMs` milliseconds. It runs in its own process group, so that all its
 * processes can be ended. Never throws: a command that cannot be run has code 127.
 */
const runCommand = async (words, { folder, environment = process.env, stop, limitMs = 60_000 } = {}) => {
  if (stop?.aborted) return { code: 130, stdout: '', output: 'interrupted' };
  const command = startCommand(words, { cwd: folder, env: environment });
  let cleanUpTimer;
  // Signal the whole group, because buildah would leave its command running. Send SIGTERM first: after SIGKILL, buildah
  // would leave its working container.
  const end = () => {
    if (command.pid === undefined) return;
    signalTo(-command.pid, 'SIGTERM');
    cleanUpTimer = setTimeout(() => signalTo(-command.pid, 'SIGKILL'), cleanUpMs);
  };
  const late = setTimeout(end, limitMs);
  stop?.addEventListener('abort', end);
  const code = await command.ended;
  for (const timer of [late, cleanUpTimer]) clearTimeout(timer);
  stop?.removeEventListener('abort', end);
  return { code, stdout: command.stdout.join(''), output: command.tail.join('') };
};

const startCommand = ([file, ...words], options = {}) => {
  const child = spawn(file, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stdout = [];
  const tail = []; // the last lines of both, to be printed
  const keep = (text) => {
    tail.push(text);
    if (tail.length > 200) tail.shift();
  };
  child.stdout.setEncoding('utf8').on('data', (text) => stdout.push(text) && keep(text));
  child.stderr.setEncoding('utf8').on('data', keep);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      keep(error.code === 'ENOENT' ? `${file} is not installed` : error.message);
      resolve(127);
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  return { pid: child.pid, stdout, tail, ended };
};

const must = async (running) => {
  const result = await running;
  if (result.code === 0) return result;
  throw new Error(
    `the command ended with exit code ${result.code}:\n${result.output.split('\n').slice(-25).join('\n')}`,
  );
};

/**
 * Waits until the command ends, and returns its exit code. Kills the innermost processes after `graceMs` milliseconds,
 * and later the whole tree.
 */
const endedWithin = async (graceMs, { pid, ended }) => {
  const killLeaves = () => leavesOf(pid).map((each) => signalTo(each, 'SIGKILL'));
  const killAll = () => [...descendantsOf(pid), pid].map((each) => signalTo(each, 'SIGKILL'));
  const timers = [setTimeout(killLeaves, graceMs), setTimeout(killAll, graceMs + cleanUpMs)];
  const code = await ended;
  for (const timer of timers) clearTimeout(timer);
  return code;
};

const leavesOf = (pid) => {
  const parents = readParents();
  return descendantsOf(pid, parents).filter((each) => !parents.some(([, parent]) => parent === each));
};

const descendantsOf = (pid, parents = readParents()) => {
  const children = parents.filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [...descendantsOf(child, parents), child]);
};

const readParents = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // the process name may contain any characters
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
      } catch {
        return []; // the process has ended meanwhile
      }
    });

const signalTo = (pid, signal) => {
  try {
    process.kill(pid, signal);
  } catch {
    // the process has ended meanwhile, as intended
  }
};

// the format of buildah: "338 MB"
const parseSize = (text) => {
  const [, number, unit] = /^([\d.]+)\s*([kKMGT]?)i?B$/.exec(text) ?? [];
  if (number === undefined)
    throw new Error(`Cannot read the image's size: found ${JSON.stringify(text)}, expected something like "338 MB"`);
  return Number(number) * 1_000 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase());
};

const lastLine = (text) => text.trim().split('\n').at(-1) || 'no output';
