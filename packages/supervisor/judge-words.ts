import { type Environment, sharedSettings } from '@muster/runtime';
import { localSettingNames } from './settings.ts';

/**
 * The problem when `npm start` was given words, or when npm kept an option for itself that names a setting; undefined
 * when there is none. Settings come from the environment, so nothing would come of either. Pure.
 */
export const judgeWords = (words: readonly string[], environment: Environment): string | undefined => {
  const swallowed =
    environment.npm_lifecycle_event === 'start' ? names.filter((name) => environment[configOf(name)]) : [];
  if (swallowed.length > 0) {
    const options = swallowed.map(optionOf).join(', ');
    return (
      `npm kept ${options} for itself; settings come from the environment, as in\n` +
      `  ${meantBy(swallowed, words, environment)}`
    );
  }
  if (words.length === 0) return undefined;
  const named = names.filter((name) => words.includes(optionOf(name)));
  const rest = words.filter((word) => !named.some((name) => optionOf(name) === word));
  const example = named.length > 0 ? meantBy(named, rest, {}) : 'AGGREGATORS=5 npm start';
  return `expected no words, found ${words.join(' ')}; settings come from the environment, as in\n  ${example}`;
};

const names = [...new Set([...localSettingNames, ...Object.keys(sharedSettings)])];

const optionOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

const configOf = (name: string): string => `npm_config_${name.toLowerCase()}`;

const meantBy = (found: readonly string[], words: readonly string[], environment: Environment): string => {
  const [onlyWord] = found.length === 1 && words.length === 1 ? words : []; // npm does not say which word was whose
  const valueBy = (name: string) => {
    const value = environment[configOf(name)];
    return value === undefined || value === 'true' ? (onlyWord ?? '…') : value;
  };
  return [...found.map((name) => `${name}=${valueBy(name)}`), 'npm start'].join(' ');
};
