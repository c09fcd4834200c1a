import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entities as shipped } from '@muster/entities';
import { defineRecord } from '@muster/model';
import { note } from '@muster/testing';
import Joi from 'joi';
import { account } from '../../examples/bank-account/account.ts';
import { installSchemathesis } from './install-schemathesis.ts';
import { runInProcess } from './run-in-process.ts';

// Lets Schemathesis send requests that /openapi.json describes, and others that it does not allow, to a system of its
// own: npm run test:fuzz [-- EXAMPLES [SEED]]. Exit code 1 if an answer was a fault of the service or is not declared.

const visit = defineRecord({
  name: 'visit',
  title: 'Visit',
  collection: 'Visits',
  fields: { from: Joi.date(), days: Joi.array().items(Joi.date()).max(3), kind: Joi.valid('short', 'long', null) },
});
const entities = [...shipped, account, note, visit];

const checks = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'unsupported_method', 'allow_header_conformance'],
];
const withinMs = 600_000;

/** Runs Schemathesis with at most `examples` generated requests for each operation. Returns its exit code. */
const fuzz = async (examples: number, seed: number): Promise<number> => {
  const packages = await installSchemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'muster-fuzz-'));
  await using system = await runInProcess(entities, { aggregators: 2 });
  try {
    const config = join(folder, 'schemathesis.toml');
    await writeFile(config, '[parameters]\n"header.Content-Encoding" = "identity"\n'); // it compresses nothing itself
    const words = [
      '-m',
      'schemathesis.cli',
      '--config-file',
      config,
      'run',
      `${system.url}/openapi.json`,
      '--no-color',
    ];
    // a subscription does not end
    const without = ['--exclude-path-regex', '/(events|live)$'];
    const options = ['--max-examples', String(examples), '--seed', String(seed), '--checks', checks.join(',')];
    const more = ['--phases', 'examples,coverage,fuzzing,stateful', '--continue-on-failure', '--request-timeout', '10'];
    return await run([...words, ...without, ...options, ...more], folder, packages);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const run = (words: string[], cwd: string, packages: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn('python3', words, { cwd, env, stdio: 'inherit', timeout: withinMs, killSignal: 'SIGKILL' });
    child.once('error', reject).once('exit', (code) => resolve(code ?? 1));
  });

const [examples = '20', seed = '1'] = process.argv.slice(2);
process.exitCode = await fuzz(Number(examples), Number(seed));
