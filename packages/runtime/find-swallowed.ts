import type { Environment } from './settings.ts';

/**
 * The problem in words when npm kept options of `npm run COMMAND` for itself, because the `--` before them is missing;
 * undefined when it kept none. `flags` are the options that the command knows, such as `--gateways <number>`; `words`
 * are the words that reached the command. Pure.
 */
export const findSwallowed = (
  command: string,
  flags: readonly string[],
  words: readonly string[],
  environment: Environment,
): string | undefined => {
  if (environment.npm_lifecycle_event !== command) return undefined;
  const options = flags.flatMap((flag) => swallowedOf(flag, environment));
  if (options.length === 0) return undefined;
  const names = [...new Set(options.map(({ name }) => name))].join(', ');
  const meant = ['npm run', command, '--', ...meantWords(options, words)].join(' ');
  return (
    `npm kept ${names} for itself, as there is no -- before it; nothing was done. ` +
    `What was probably meant:\n  ${meant}`
  );
};

/** `value` is undefined for a switch, which takes nothing, and where npm parted the option from its value. */
type SwallowedOption = { name: string; takes: string | undefined; value: string | undefined };

// npm knows this one, too; with a value that only Muster knows, npm drops it and sets nothing
const ownOfNpm = '--only';

const swallowedOf = (flag: string, environment: Environment): SwallowedOption[] => {
  const [name = '', takes] = flag.split(' ');
  const found = environment[`npm_config_${name.slice('--'.length).replaceAll('-', '_')}`];
  if (name === ownOfNpm || !found) return [];
  return found
    .split('\n\n')
    .map((value) => ({ name, takes, value: takes === undefined || value === 'true' ? undefined : value }));
};

const meantWords = (options: readonly SwallowedOption[], words: readonly string[]): string[] => {
  const parted = options.filter(({ takes, value }) => takes !== undefined && value === undefined);
  if (parted.length === 0)
    return [...options.map((option) => describeOption(option, option.value)), ...words.map(quote)];
  // npm does not say which word was whose
  const isCertain = new Set(parted.map(({ name }) => name)).size === 1 && parted.length === words.length;
  const wordOf = (option: SwallowedOption) => (isCertain ? words[parted.indexOf(option)] : undefined);
  return options.map((option) => describeOption(option, option.value ?? wordOf(option)));
};

const describeOption = ({ name, takes }: SwallowedOption, value: string | undefined): string => {
  if (takes === undefined) return name;
  return `${name} ${value === undefined ? takes : quote(value)}`;
};

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
