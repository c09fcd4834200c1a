import type { Environment } from './settings.ts';

/**
 * Returns a message when npm kept options of `npm run COMMAND` for itself, because the `--` before them is missing.
 * Returns undefined when npm kept none. `flags` are the command's options, such as `--gateways <number>`. `words` are
 * the arguments that reached the command. Pure.
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
  const meant = ['npm run', command, '--', ...intendedWords(options, words)].join(' ');
  return (
    `npm kept ${names} for itself, because there is no -- before it. Nothing was done. ` +
    `Probably you meant:\n  ${meant}`
  );
};

/** `value` is undefined for a switch, and when npm separated the option from its value. */
type SwallowedOption = { name: string; takes: string | undefined; value: string | undefined };

// npm has an option of this name, too. It drops values that it does not know and sets nothing.
const ownOfNpm = '--only';

const swallowedOf = (flag: string, environment: Environment): SwallowedOption[] => {
  const [name = '', takes] = flag.split(' ');
  const found = environment[`npm_config_${name.slice('--'.length).replaceAll('-', '_')}`];
  if (name === ownOfNpm || !found) return [];
  return found
    .split('\n\n')
    .map((value) => ({ name, takes, value: takes === undefined || value === 'true' ? undefined : value }));
};

const intendedWords = (options: readonly SwallowedOption[], words: readonly string[]): string[] => {
  const separated = options.filter(({ takes, value }) => takes !== undefined && value === undefined);
  if (separated.length === 0)
    return [...options.map((option) => describeOption(option, option.value)), ...words.map(quote)];
  // npm does not say which word belongs to which option
  const isCertain = new Set(separated.map(({ name }) => name)).size === 1 && separated.length === words.length;
  const wordOf = (option: SwallowedOption) => (isCertain ? words[separated.indexOf(option)] : undefined);
  return options.map((option) => describeOption(option, option.value ?? wordOf(option)));
};

const describeOption = ({ name, takes }: SwallowedOption, value: string | undefined): string => {
  if (takes === undefined) return name;
  return `${name} ${value === undefined ? takes : quote(value)}`;
};

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
