import { type Environment, sharedSettings } from '@muster/runtime';
import { localSettingNames } from './settings.ts';

/**
 * Returns the problem if `npm start` got arguments, or if npm kept an option that names a setting. Both would have no
 * effect, because settings come from the environment. Returns undefined if there is no problem. Pure.
 */
export const judgeWords = (words: readonly string[], environment: Environment): string | undefined => {
  const swallowed =
    environment.npm_lifecycle_event === 'start' ? names.filter((name) => environment[configOf(name)]) : [];
  if (swallowed.length > 0) {
    const options = swallowed.map(optionOf).join(', ');
    return (
      `npm kept ${options} for itself. Set the environment variable instead:\n` +
      `  ${meantBy(swallowed, words, environment)}`
    );
  }
  if (words.length === 0) return undefined;
  const named = names.filter((name) => words.includes(optionOf(name)));
  const rest = words.filter((word) => !named.some((name) => optionOf(name) === word));
  const example = named.length > 0 ? meantBy(named, rest, {}) : 'AGGREGATORS=5 npm start';
  return `expected no arguments, found ${words.join(' ')}. Settings come from environment variables:\n  ${example}`;
};

const names = [...new Set([...localSettingNames, ...Object.keys(sharedSettings)])];

const optionOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

const configOf = (name: string): string => `npm_config_${name.toLowerCase()}`;

const meantBy = (found: readonly string[], words: readonly string[], environment: Environment): string => {
  // npm does not show which word belonged to which option
  const [onlyWord] = found.length === 1 && words.length === 1 ? words : [];
  const valueBy = (name: string) => {
    const value = environment[configOf(name)];
    return value === undefined || value === 'true' ? (onlyWord ?? '…') : value;
  };
  return [...found.map((name) => `${name}=${valueBy(name)}`), 'npm start'].join(' ');
};
