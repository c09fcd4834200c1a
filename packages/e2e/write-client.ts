import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { describeApi } from '@muster/gateway';
import { entities } from '../../examples/bank-account/entities.ts';
import { generateClient } from './generate-client.ts';

// Writes examples/bank-account/api.d.ts again: npm run client

const path = join(findProjectRoot(), 'examples', 'bank-account', 'api.d.ts');
writeFileSync(path, await generateClient(describeApi(entities)));
console.log(`Wrote ${path}`);
