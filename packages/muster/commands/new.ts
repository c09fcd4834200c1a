import type { Command } from 'commander';
import { newProject } from '../new-project.ts';
import { examples, print } from './parts.ts';

/** Adds the command `muster new` to the program. */
export const addNew = (program: Command): void => {
  program
    .command('new')
    .description('write a small project: an entity, its tests, a README and files for containers')
    .argument('<folder>', 'a folder that does not exist yet, or is empty')
    .option('--muster <version>', 'the version of muster that the project uses (default: a file of this package)')
    .addHelpText('after', examples('muster new shop', 'cd shop && npm install && npm start'))
    .action((folder: string, options: { muster?: string }) => newProject(folder, options.muster, print));
};
