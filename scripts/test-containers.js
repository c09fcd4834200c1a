import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEngine } from './container-engine.js';
import { checkNode, ensureInstalled, root } from './install.js';

const addedBytesMax = 30_000_000;
const healthyWithinMs = 60_000;
const users = 40;

/**
 * Builds the images, runs the compose file's programs from them on this host's network with an embedded MongoDB, and
 * tests the API.
 */
const main = async (stop, closers) => {
  checkNode();
  ensureInstalled();
  // imported only now, after the packages are installed
  const { CORE_SCHEMA, load, mergeTag } = await import('js-yaml');
  const loadCompose = (name) =>
    load(readFileSync(join(root, name), 'utf8'), { schema: CORE_SCHEMA.withTags(mergeTag) });
  const compose = loadCompose('docker-compose.yaml');
  const ofSites = loadCompose('docker-compose.sites.yaml');
  const { secret, ...others } = compose.services;
  const built = Object.entries(others).filter(([, { build }]) => build !== undefined);
  const services = built.filter(([, { profiles }]) => profiles === undefined);
  const base = baseOf(services[0][1].build.dockerfile);
  const results = { passed: 0, failed: 0, skipped: 0 };
  const check = checkInto(results, stop);

  await check('the compose file publishes ports on 127.0.0.1 only, and waits for MongoDB and the secret', async () =>
    checkCompose(compose, built),
  );
  await check('the compose file gives each container its own name, and starts no further aggregators', async () =>
    checkNames(services),
  );
  await check(
    'the compose file has a profile for each further system, with a database and a port of its own',
    async () => checkProfiles(built),
  );
  await check('the compose file of the sites has all parts of each site, which follows the others', async () =>
    checkSites(ofSites),
  );
  await check('both compose files set only settings that there are, and name only what they have', async () => {
    for (const one of [compose, ofSites]) checkReferences(one);
  });
  await check('each program that a container runs is in its image', async () => {
    for (const one of [compose, ofSites]) checkPrograms(one);
  });

  const { engine, refusals } = await findEngine(base, stop);
  if (engine === undefined) {
    stop.throwIfAborted();
    console.log(`Cannot find a working container engine:\n${refusals.map((refusal) => `  ${refusal}`).join('\n')}`);
    // an engine that the user names must work
    if (process.env.CONTAINER_ENGINE) return { ...results, failed: results.failed + 1 };
    console.log('The containers were not tested, only their files.');
    return { ...results, skipped: 1 };
  }
  console.log(`Engine: ${engine.name}`);
  const images = [
    ...new Map(
      services.map(([, { image, build }]) => [
        build.dockerfile,
        { image: `${image}:test`, dockerfile: build.dockerfile },
      ]),
    ).values(),
  ];
  const words = npmWords();
  const inherited = await inspectImage(engine, base);
  for (const image of images) {
    const isBuilt = await check(`${image.dockerfile} builds`, () => engine.build({ ...image, folder: root, words }));
    if (!isBuilt) return results;
    closers.push(() => engine.removeImage(image.image));
    await check(
      `${image.image} runs one program, not as root, in exec form, with a health check, and contains no packages`,
      () => checkImage(engine, image.image, inherited),
    );
    await check(`${image.image} adds less than ${megabytes(addedBytesMax)} to ${base}`, () =>
      checkSize(engine, image.image, base),
    );
  }

  await check('the gateway’s image has the follower, too, which starts and names the settings that it lacks', () =>
    checkFollower(engine, images[0].image),
  );

  const { uid } = await inspectImage(engine, images[0].image);
  const volume = await engine.openVolume(uid);
  closers.push(() => volume.remove());
  const isCreated = await check('the secret is created once, and only the programs’ user can read it', () =>
    checkSecret({ engine, secret, images, volume, uid }),
  );
  if (!isCreated) return results;

  const system = {};
  const isRunning = await check(
    'the gateway and three aggregators start with the environment of the compose file, and are healthy',
    async () => {
      Object.assign(system, await startSystem({ engine, services, volume, closers, stop }));
    },
  );
  if (!isRunning) return results;
  await check('a user is created, read, updated, counted, listed and deleted; then it is gone', () =>
    checkRoundTrip(system),
  );
  await check('the page /docs has its files', () => checkDocs(system));
  await check('all aggregators serve', () => checkAllServe(system, stop));
  await check('while aggregator-1 is stopped, all reads are correct and writes succeed', () =>
    checkWithout(system, 'aggregator-1'),
  );
  await check('aggregator-1 starts again, and serves the writes made meanwhile', () =>
    checkBack(system, 'aggregator-1', stop),
  );
  await check('all programs stop within the grace period of the compose file', () => checkEnd(system));
  if (results.failed > 0)
    for (const { name, container } of system.programs.values())
      console.log(`── last lines of the log of ${name}\n${await container.readLog()}`);
  return results;
};

/** Runs a check, prints and counts its result, and returns whether it passed. */
const checkInto = (results, stop) => async (name, body) => {
  const startedAt = performance.now();
  try {
    await body();
    stop.throwIfAborted();
    results.passed += 1;
    console.log(`  ok      ${name} (${seconds(startedAt)})`);
    return true;
  } catch (error) {
    stop.throwIfAborted();
    results.failed += 1;
    console.log(`  FAILED  ${name} (${seconds(startedAt)})\n${String(error.message).replaceAll(/^/gm, '          ')}`);
    return false;
  }
};

const checkCompose = (compose, services) => {
  for (const [name, { ports = [] }] of Object.entries(compose.services)) {
    for (const port of ports)
      expect(
        String(port).startsWith('127.0.0.1:'),
        `${name} publishes ${port} to the network, expected only 127.0.0.1`,
      );
  }
  const { secret } = compose.services;
  const { CLUSTER_SECRET_FILE: secretFile } = secret.environment;
  const folder = dirname(secretFile);
  expect(isSame(secret.volumes, [`secret:${folder}`]), `secret does not write into the volume: ${secret.volumes}`);
  expect(
    secret.network_mode === 'none' && secret.restart === 'no',
    'expected that secret has no network and runs once',
  );
  for (const [name, { depends_on, environment, volumes }] of services) {
    expect(depends_on?.mongodb?.condition === 'service_healthy', `${name} does not wait until MongoDB is healthy`);
    expect(
      depends_on?.secret?.condition === 'service_completed_successfully',
      `${name} does not wait until the secret exists`,
    );
    expect(
      environment.CLUSTER_SECRET_FILE === secretFile,
      `${name} reads the secret from ${environment.CLUSTER_SECRET_FILE}, not ${secretFile}`,
    );
    expect(isSame(volumes, [`secret:${folder}:ro`]), `${name} must mount the secret read-only, found ${volumes}`);
    const open = Object.entries(environment).filter(
      ([key, value]) => key !== 'CLUSTER_SECRET' && String(value).includes('$'),
    );
    expect(
      open.length === 0,
      `${name} takes ${open.join(', ')} from the user's environment: this test needs fixed values`,
    );
    // with :? or without a default, a new clone would need a manual step
    expect(
      /^\$\{CLUSTER_SECRET:-\}$/.test(environment.CLUSTER_SECRET),
      `${name} does not start without a CLUSTER_SECRET: ${environment.CLUSTER_SECRET}`,
    );
  }
};

const checkNames = (services) => {
  const found = services.flatMap(([name, service]) => replicasOf(name, service)).join(', ');
  expect(
    found === 'gateway, aggregator-0, aggregator-1, aggregator-2',
    `expected a gateway and three aggregators, found ${found}`,
  );
  for (const [name, { container_name, hostname, ports, profiles, environment, deploy }] of services) {
    expect(profiles === undefined, `${name} has profiles: --scale does not find it unless they are active`);
    const { AGGREGATOR_NAME, ADVERTISED_HOST } = environment;
    if (deploy?.replicas === undefined) {
      expect(container_name === name, `the container of ${name} has the name ${container_name}`);
      expect(name === 'gateway' || AGGREGATOR_NAME === name, `${name} has the AGGREGATOR_NAME ${AGGREGATOR_NAME}`);
      continue;
    }
    // a name and a host port can be used only once
    const unique = Object.entries({ container_name, hostname, ports, AGGREGATOR_NAME, ADVERTISED_HOST }).filter(
      ([, value]) => value !== undefined,
    );
    expect(unique.length === 0, `${name} has ${unique.join(', ')}: --scale ${name}=2 would not start`);
  }
};

const checkProfiles = (built) => {
  const systems = ['assets', 'messages', 'records'];
  const ports = systems.map((system) => {
    const ofSystem = built.filter(([, { profiles = [] }]) => isSame(profiles, [system, 'all']));
    const names = [`gateway-${system}`, ...[0, 1, 2].map((number) => `aggregator-${system}-${number}`)];
    const found = ofSystem.map(([name]) => name).join(', ');
    expect(found === names.join(', '), `the profile ${system} has ${found}, expected ${names.join(', ')}`);
    for (const [name, { container_name, environment }] of ofSystem) {
      const { AGGREGATOR_NAME, DATABASE, ENTITIES } = environment;
      expect(container_name === name, `the container of ${name} has the name ${container_name}`);
      expect(name === names[0] || AGGREGATOR_NAME === name, `${name} has the AGGREGATOR_NAME ${AGGREGATOR_NAME}`);
      expect(DATABASE === system && ENTITIES === system, `${name} has the database ${DATABASE}, and runs ${ENTITIES}`);
    }
    return String(ofSystem[0][1].ports);
  });
  expect(
    new Set(ports).size === systems.length,
    `the profiles publish ${ports.join(' and ')}: a port can be used once`,
  );
};

const siteNames = ['oslo', 'lima', 'kyiv'];

const checkSites = ({ services, volumes }) => {
  const partsOf = (site) => [
    ...[`mongodb-${site}`, `secret-${site}`, `gateway-${site}`],
    ...[`aggregator-${site}-0`, `aggregator-${site}-1`, `follower-${site}`],
  ];
  const found = Object.keys(services).join(', ');
  const expected = siteNames.flatMap(partsOf).join(', ');
  expect(found === expected, `expected ${expected}, found ${found}`);
  expect(
    isSame(
      Object.keys(volumes),
      siteNames.flatMap((site) => [`mongodb-${site}`, `secret-${site}`]),
    ),
    `found the volumes ${Object.keys(volumes)}`,
  );
  for (const site of siteNames) checkSite(services, site);
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  expect(new Set(ports).size === siteNames.length, `expected a port for each gateway, found ${ports.join(' and ')}`);
  for (const port of ports) expect(port.startsWith('127.0.0.1:'), `${port} is published to the network`);
};

const checkSite = (services, site) => {
  const of = (name) => services[`${name}-${site}`];
  const folder = dirname(of('secret').environment.CLUSTER_SECRET_FILE);
  expect(of('mongodb').hostname === `mongodb-${site}`, `the database of ${site} is ${of('mongodb').hostname}`);
  expect(isSame(of('mongodb').volumes, [`mongodb-${site}:/data/db`]), `${site} has the data ${of('mongodb').volumes}`);
  expect(isSame(of('secret').volumes, [`secret-${site}:${folder}`]), `${site} has the secret ${of('secret').volumes}`);
  const { SITE, SITES, MONGODB_URI, CLUSTER_SECRET_FILE } = of('follower').environment;
  const others = siteNames.filter((other) => other !== site).map((other) => `http://gateway-${other}:3000`);
  expect(SITE === site && SITES === others.join(), `the follower of ${site} is ${SITE} and follows ${SITES}`);
  expect(CLUSTER_SECRET_FILE === undefined, `the follower of ${site} has a secret that it does not need`);
  expect(of('gateway').environment.SITE === site, `the gateway of ${site} is of ${of('gateway').environment.SITE}`);
  for (const name of [`gateway-${site}`, `aggregator-${site}-0`, `aggregator-${site}-1`]) {
    const { depends_on, environment, volumes } = services[name];
    expect(isSame(volumes, [`secret-${site}:${folder}:ro`]), `${name} must mount its secret read-only: ${volumes}`);
    expect(environment.MONGODB_URI === MONGODB_URI, `${name} uses the database ${environment.MONGODB_URI}`);
    expect(environment.ENTITIES === of('follower').environment.ENTITIES, `${name} runs ${environment.ENTITIES}`);
    expect(
      depends_on?.[`secret-${site}`]?.condition === 'service_completed_successfully',
      `${name} does not wait until its secret exists`,
    );
  }
  for (const name of [`gateway-${site}`, `aggregator-${site}-0`, `aggregator-${site}-1`, `follower-${site}`]) {
    const { container_name, depends_on, read_only, cap_drop, environment } = services[name];
    expect(container_name === name, `the container of ${name} has the name ${container_name}`);
    expect(read_only && isSame(cap_drop, ['ALL']), `${name} is not read-only, or keeps capabilities`);
    expect(
      depends_on?.[`mongodb-${site}`]?.condition === 'service_healthy',
      `${name} does not wait until MongoDB is healthy`,
    );
    const { AGGREGATOR_NAME = name } = environment;
    expect(AGGREGATOR_NAME === name, `${name} has the AGGREGATOR_NAME ${AGGREGATOR_NAME}`);
  }
};

/** What services name must be there: settings of the programs, other services, volumes. */
const checkReferences = ({ services, volumes }) => {
  const settings = knownSettings();
  const names = Object.keys(services);
  for (const [name, { depends_on = {}, environment = {}, volumes: mounted = [] }] of Object.entries(services)) {
    const strange = Object.keys(environment).filter((key) => !settings.has(key));
    expect(strange.length === 0, `${name} sets ${strange.join(', ')}, which no program reads`);
    const hosts = [environment.MONGODB_URI, ...(environment.SITES?.split(',') ?? [])]
      .filter((url) => url !== undefined)
      .map((url) => new URL(url).hostname);
    const missing = [...hosts, ...Object.keys(depends_on)].filter((one) => !names.includes(one));
    expect(missing.length === 0, `${name} names ${missing.join(', ')}, which is no service`);
    const lost = mounted.map((mount) => mount.split(':')[0]).filter((volume) => !Object.hasOwn(volumes, volume));
    expect(lost.length === 0, `${name} mounts ${lost.join(', ')}, which is no volume`);
  }
};

/** The names of the settings in the sources of the programs. */
const knownSettings = () => {
  const rooms = readdirSync(join(root, 'packages')).map((room) => join(root, 'packages', room, 'settings.ts'));
  const texts = rooms.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'));
  const ofTables = texts.flatMap((text) => [...text.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name));
  // the entities are chosen before the settings are read, and the secret's file by its own function
  return new Set([...ofTables, 'ENTITIES', 'CLUSTER_SECRET_FILE']);
};

/** A service runs a bundle that its Dockerfile copies with its map, and that the build makes whole. */
const checkPrograms = ({ services }) => {
  const built = readFileSync(join(root, 'scripts', 'build.js'), 'utf8');
  for (const [name, { build, command = [] }] of Object.entries(services)) {
    if (build === undefined) continue;
    const text = readFileSync(join(root, build.dockerfile), 'utf8');
    const usual = JSON.parse(/^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]').at(-1);
    const program = command[1]?.endsWith('.js') ? command[1] : usual;
    const copied = `COPY --from=build /muster/dist/${program} /muster/dist/${program}.map ./`;
    expect(text.includes(copied), `${name} runs ${program}, but ${build.dockerfile} does not have: ${copied}`);
    const entry = `{ name: '${program.slice(0, -'.js'.length)}', entry: `;
    const line = built.split('\n').find((one) => one.includes(entry));
    expect(line?.includes('isWhole: true'), `${program} is not built as a whole bundle`);
  }
};

/** Runs the compose file's service for the secret twice. Inspects the result from a program's image. */
const checkSecret = async ({ engine, secret, images, volume, uid }) => {
  const path = secret.environment.CLUSTER_SECRET_FILE;
  const mounted = (readOnly) => ({
    environment: secret.environment,
    mounts: [{ volume, path: dirname(path), readOnly }],
  });
  const look = async () => {
    const { code, output } = await engine.runOnce(images.at(-1).image, ['node', '-e', inspectSecret], mounted(true));
    const [, found] = /FOUND(.*)/.exec(output) ?? [];
    expect(code === 0 && found !== undefined, `the aggregator cannot read the secret: ${output}`);
    return JSON.parse(found);
  };
  const make = async () => {
    const { code, output } = await engine.runOnce(images[0].image, secret.command, mounted(false));
    expect(code === 0 && output.trim() === '', `the service ended with exit code ${code}: ${output}`);
  };
  await make();
  const made = await look();
  const { hash: _, ...about } = made;
  expect(isSame(about, { length: 48, mode: '400', uid, files: ['cluster-secret'] }), `found ${JSON.stringify(about)}`);
  await make();
  expect(isSame(await look(), made), 'the second run created another secret');
};

const inspectSecret = `
const { readdirSync, readFileSync, statSync } = require('node:fs');
const path = process.env.CLUSTER_SECRET_FILE;
const text = readFileSync(path, 'utf8');
const { mode, uid } = statSync(path);
const hash = require('node:crypto').createHash('sha256').update(text).digest('hex');
const files = readdirSync(require('node:path').dirname(path));
console.log('FOUND' + JSON.stringify({ hash, length: text.length, mode: (mode & 0o777).toString(8), uid, files }));`;

/**
 * Returns the names of a service's containers here. A service without `replicas` has one, with the service's own name.
 */
const replicasOf = (name, { deploy }) => {
  const { replicas } = deploy ?? {};
  return replicas === undefined ? [name] : Array.from({ length: replicas }, (_, index) => `${name}-${index}`);
};

const checkImage = async (engine, image, inherited) => {
  const { User, Cmd, Healthcheck, ExposedPorts, Env } = await engine.readConfig(image);
  expect(User && !/^(root|0)(:|$)/.test(User), `expected a user other than root, found ${JSON.stringify(User)}`);
  expect(Cmd?.[0] === 'node', `expected a CMD in exec form that begins with node, found ${JSON.stringify(Cmd)}`);
  expect(
    Healthcheck?.Test?.[0] === 'CMD',
    `expected a health check in exec form, found ${JSON.stringify(Healthcheck)}`,
  );
  expect(Object.keys(ExposedPorts ?? {}).length > 0, 'the image exposes no port');
  expect(Env.includes('HOST=0.0.0.0'), `expected HOST=0.0.0.0, so that others can connect, found ${Env.join(' ')}`);
  const { uid, mode, packages, files, volume } = await inspectImage(engine, image);
  expect(
    isSame(volume, { uid, mode: '700' }),
    `expected that the user owns /var/lib/muster with mode 700, found ${JSON.stringify(volume)}`,
  );
  expect(uid !== 0 && mode === 'production', `expected a user other than 0 and production, found ${uid} and ${mode}`);
  const own = packages.filter((path) => !inherited.packages.includes(path));
  expect(own.length === 0, `the image contains packages: ${own.join(', ')}`);
  const program = Cmd.at(-1);
  const besides = program === 'gateway.js' ? ['docs-files', 'follower.js', 'follower.js.map'] : [];
  const expected = [...besides, program, `${program}.map`];
  expect(isSame(files.sort(), expected), `expected ${expected.join(', ')} in its folder, found ${files.join(', ')}`);
};

const inspectImage = async (engine, image) => {
  const { code, output } = await engine.runOnce(image, ['node', '-e', inspectScript]);
  const [, found] = /FOUND(.*)/.exec(output) ?? [];
  if (code !== 0 || found === undefined) throw new Error(`Cannot inspect ${image}: ${output}`);
  return JSON.parse(found);
};

const inspectScript = `
const { readdirSync, statSync } = require('node:fs');
const statIfThere = (path) => {
  try { const { uid, mode } = statSync(path); return { uid, mode: (mode & 0o777).toString(8) }; } catch {}
};
const packages = [];
const walk = (folder) => {
  let entries = [];
  try { entries = readdirSync(folder, { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = folder + '/' + entry.name;
    if (!entry.isDirectory() || ['/proc', '/sys', '/dev'].includes(path)) continue;
    if (folder.endsWith('/node_modules')) packages.push(path);
    walk(path);
  }
};
walk('');
const volume = statIfThere('/var/lib/muster');
const found = { packages, files: readdirSync('.'), volume, uid: process.getuid(), mode: process.env.NODE_ENV };
console.log('FOUND' + JSON.stringify(found));`;

const checkFollower = async (engine, image) => {
  const { code, output } = await engine.runOnce(image, ['node', 'follower.js'], {
    environment: { ENTITIES: 'assets,records' },
  });
  for (const name of ['MONGODB_URI', 'SITE'])
    expect(code === 2 && output.includes(`"${name}" is required`), `it ended with exit code ${code}: ${output}`);
};

const checkSize = async (engine, image, base) => {
  const [size, baseSize] = [await engine.readSize(image), await engine.readSize(base)];
  console.log(`          ${image} ${megabytes(size)}, ${base} ${megabytes(baseSize)}`);
  expect(size - baseSize <= addedBytesMax, `the image adds ${megabytes(size - baseSize)}`);
};

/**
 * Starts a database, and each program in its own container, all on the host's network with different ports. Returns the
 * programs when they are healthy.
 */
const startSystem = async ({ engine, services, volume, closers, stop }) => {
  const { tsImport } = await import('tsx/esm/api');
  const { openTestDatabase } = await tsImport('@muster/testing', import.meta.url);
  const { uri, database, ...server } = await openTestDatabase();
  closers.push(() => server[Symbol.asyncDispose]());
  const replicas = services.flatMap(([name, service]) =>
    replicasOf(name, service).map((replica) => [replica, service]),
  );
  const ports = await findFreePorts(3 * replicas.length);
  const programs = new Map();
  for (const [name, service] of replicas) {
    const [PORT, HEALTH_PORT, WIRE_PORT] = ports.splice(0, 3);
    // on the host's network, all containers have the host's name
    const own = name === 'gateway' ? { PORT } : { WIRE_PORT, AGGREGATOR_NAME: name };
    const environment = {
      ...service.environment,
      CLUSTER_SECRET: '',
      MONGODB_URI: uri,
      DATABASE: database,
      HOST: '127.0.0.1',
      HEALTH_PORT,
      ...own,
    };
    const image = `${service.image}:test`;
    const { read_only: readOnly = false, cap_drop: dropped = [] } = service;
    const mounts = [{ volume, path: dirname(environment.CLUSTER_SECRET_FILE), readOnly: true }];
    const container = await engine.create({
      container: `muster-test-${process.pid}-${name}`,
      image,
      environment,
      mounts,
      readOnly,
      dropped,
    });
    closers.push(() => container.remove());
    const { Healthcheck } = await engine.readConfig(image);
    const graceMs = Number(/^(\d+)s$/.exec(service.stop_grace_period)?.[1]) * 1_000;
    programs.set(name, { name, container, environment, graceMs, healthWords: Healthcheck.Test.slice(1) });
    await container.start();
  }
  for (const program of programs.values()) await untilHealthy(program, stop);
  return { programs, url: `http://127.0.0.1:${programs.get('gateway').environment.PORT}/api/user`, written: new Map() };
};

/** Runs the image's own health check inside the container, as the engine does. */
const untilHealthy = async ({ name, container, healthWords }, stop) => {
  const until = performance.now() + healthyWithinMs;
  for (;;) {
    const { code, output } = await container.exec(healthWords);
    if (code === 0) return;
    stop.throwIfAborted();
    if (performance.now() > until) {
      throw new Error(
        `${name} is not healthy after ${healthyWithinMs / 1_000} s: ` +
          `its check ended with exit code ${code}. ${output}\n${await container.readLog()}`,
      );
    }
    await sleep(250);
  }
};

const checkRoundTrip = async ({ url }) => {
  const ada = { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.org', group: 1 };
  expectAnswer(await ask('POST', url, ada), 201, ada);
  expectAnswer(await ask('GET', `${url}/ada`), 200, ada);
  expectAnswer(await ask('PUT', `${url}/ada`, { group: 2 }), 200, { ...ada, group: 2 });
  expectAnswer(await ask('GET', `${url}/ada`), 200, { ...ada, group: 2 });
  expectAnswer(await ask('GET', `${url}/count`), 200, { count: 1 });
  expectAnswer(await ask('GET', url), 200, [{ ...ada, group: 2 }]);
  expectAnswer(await ask('DELETE', `${url}/ada`), 204);
  for (const [method, body] of [['GET'], ['PUT', { group: 3 }], ['DELETE']])
    expectAnswer(await ask(method, `${url}/ada`, body), 410);
  expectAnswer(await ask('POST', url, ada), 409);
  expectAnswer(await ask('GET', `${url}/nobody`), 404);
  expectAnswer(await ask('GET', `${url}/count`), 200, { count: 0 });
};

const checkDocs = async ({ url }) => {
  for (const name of ['', '/swagger-ui-bundle.js', '/swagger-ui.css', '/start.js', '/live', '/sites', '/sites.js']) {
    const address = new URL(`/docs${name}`, url);
    const { status } = await fetch(address, { signal: AbortSignal.timeout(10_000) });
    expect(status === 200, `GET ${address}: expected 200, found ${status}`);
  }
};

const checkAllServe = async (system, stop) => {
  const { url, written, programs } = system;
  for (let i = 0; i < users; i += 1) {
    const user = { id: `user-${i}`, name: `User ${i}`, email: `user-${i}@example.org`, group: i };
    expectAnswer(await ask('POST', url, user), 201, user);
    written.set(user.id, user);
  }
  for (const name of programs.keys()) if (name !== 'gateway') await untilServing(system, name, stop);
};

const checkWithout = async (system, name) => {
  const { programs, url, written } = system;
  const { container, graceMs, healthWords } = programs.get(name);
  const code = await container.stop(graceMs);
  expect(code === 0, `${name} ended with exit code ${code}: ${await container.readLog()}`);
  expect((await container.exec(healthWords)).code !== 0, `the health check of ${name} succeeds although it is stopped`);
  const sources = await readAll(system);
  expect(!sources.has(name), `an answer names ${name} as its source, although it is stopped`);
  for (const user of written.values()) {
    const changed = { ...user, group: user.group + 1_000 };
    expectAnswer(await ask('PUT', `${url}/${user.id}`, { group: changed.group }), 200, changed);
    written.set(user.id, changed);
  }
  await readAll(system);
};

const checkBack = async (system, name, stop) => {
  const program = system.programs.get(name);
  await program.container.start();
  await untilHealthy(program, stop);
  await untilServing(system, name, stop);
};

/**
 * Reads until an answer comes from this aggregator. All reads must be correct meanwhile, although partitions may move.
 */
const untilServing = async (system, name, stop) => {
  for (const until = performance.now() + healthyWithinMs; ; await sleep(250)) {
    if ((await readAll(system)).has(name)) return;
    stop.throwIfAborted();
    expect(performance.now() < until, `no answer came from ${name} within ${healthyWithinMs / 1_000} s`);
  }
};

const checkEnd = async ({ programs }) => {
  for (const { name, container, graceMs } of programs.values()) {
    const code = await container.stop(graceMs);
    expect(code === 0, `${name} ended with exit code ${code}: ${await container.readLog()}`);
  }
};

/** Reads all written users, counts and lists them. Returns the sources of the answers. */
const readAll = async ({ url, written }) => {
  const sources = new Set();
  for (const user of written.values()) {
    const answer = await ask('GET', `${url}/${user.id}`);
    expectAnswer(answer, 200, user);
    sources.add(answer.headers.get('muster-source'));
  }
  expectAnswer(await ask('GET', `${url}/count`), 200, { count: written.size });
  const { body } = expectAnswer(await ask('GET', `${url}?limit=1000`), 200);
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  expectAnswer({ asked: `GET ${url}`, status: 200, body: body.sort(byId) }, 200, [...written.values()].sort(byId));
  return sources;
};

const ask = async (method, url, body) => {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(url, { method, ...content, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return {
    asked: `${method} ${url}`,
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
};

const expectAnswer = (answer, status, body) => {
  const { asked, status: found, body: foundBody } = answer;
  expect(found === status, `${asked}: expected ${status}, found ${found} ${JSON.stringify(foundBody)}`);
  if (body !== undefined)
    expect(isSame(foundBody, body), `${asked}: expected ${JSON.stringify(body)}, found ${JSON.stringify(foundBody)}`);
  return answer;
};

const isSame = (found, expected) => {
  if (typeof expected !== 'object') return found === expected;
  if (Array.isArray(expected))
    return found?.length === expected.length && expected.every((each, i) => isSame(found[i], each));
  return Object.entries(expected).every(([name, value]) => isSame(found?.[name], value));
};

const expect = (isSo, otherwise) => {
  if (!isSo) throw new Error(otherwise);
};

const baseOf = (dockerfile) => {
  const [, name] = [...readFileSync(join(root, dockerfile), 'utf8').matchAll(/^FROM (\S+)/gm)].at(-1);
  return name.includes('/') ? name : `docker.io/library/${name}`;
};

/**
 * Returns build arguments that let npm install as it does here: registry, login, certificates and proxies. The image
 * keeps none of them.
 */
const npmWords = () => {
  const { status, stdout } = spawnSync('npm', ['config', 'get', 'registry', 'userconfig', 'cafile'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status === 0, `Cannot read npm's settings: npm ended with exit code ${status}`);
  const { registry, userconfig, cafile } = Object.fromEntries(
    stdout.split('\n').map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? ['', '']),
  );
  const certificates = [process.env.NODE_EXTRA_CA_CERTS, cafile].find((path) => path && existsSync(path));
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
    .flatMap((name) => [name, name.toLowerCase()])
    .filter((name) => process.env[name]);
  return [
    ...['--build-arg', `NPM_CONFIG_REGISTRY=${registry}`],
    ...(existsSync(userconfig) ? ['--secret', `id=npmrc,src=${userconfig}`] : []),
    ...(certificates ? ['--secret', `id=ca,src=${certificates}`] : []),
    ...proxies.flatMap((name) => ['--build-arg', `${name}=${process.env[name]}`]),
  ];
};

// open all at the same time, so that no port is found twice
const findFreePorts = async (count) => {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

const listenAnywhere = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  });

const megabytes = (bytes) => `${Math.round(bytes / 1_000_000)} MB`;

const seconds = (startedAt) => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;

/** Runs the test. In any case, ends what it started, in reverse order, and prints the result. */
const run = async () => {
  const stop = new AbortController();
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.on(name, () => {
      process.exitCode = 128 + number;
      stop.abort(new Error(`interrupted by ${name}`));
    });
  }
  const closers = [];
  let results = { passed: 0, failed: 1, skipped: 0 };
  try {
    results = await main(stop.signal, closers);
  } catch (error) {
    console.error(stop.signal.aborted ? `The test of the containers was ${stop.signal.reason.message}` : error);
  }
  for (const close of closers.reverse())
    await Promise.resolve(close()).catch((error) => console.error('Cannot clean up:', error));
  const { passed, failed, skipped } = results;
  if (failed > 0) process.exitCode ??= 1;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
};

await run();
