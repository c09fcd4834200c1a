import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { liveScript } from './live-page.ts';
import { sitesScript } from './sites-page.ts';

/** The files of the page, with their types: of Swagger UI with its licences, and the script that starts it. */
export const fileTypes: Readonly<Record<string, string>> = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'sites.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js.LICENSE.txt': 'text/plain; charset=utf-8',
  LICENSE: 'text/plain; charset=utf-8',
  NOTICE: 'text/plain; charset=utf-8',
};

/** Starts Swagger UI in the page. It is a file, as the page allows no scripts of its own. */
export const startScript = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#page',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/**
 * Returns the folder with the files of Swagger UI: beside the built program, or the package in node_modules when the
 * program runs from its sources. Undefined if there is none.
 */
export const findDocsFolder = (): string | undefined => {
  const beside = fileURLToPath(new URL('./docs-files', import.meta.url));
  if (existsSync(beside)) return beside;
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  } catch {
    return undefined;
  }
};

/** Reads a file of the page. Undefined if there is no such file. */
export const readDocsFile = async (folder: string | undefined, name: string): Promise<string | undefined> => {
  if (name === 'start.js') return startScript;
  if (name === 'live.js') return liveScript;
  if (name === 'sites.js') return sitesScript;
  if (folder === undefined || !Object.hasOwn(fileTypes, name)) return undefined;
  return readFile(join(folder, name), 'utf8');
};
