import { depthMax, isSafe, isUnsafeKey } from './find-unsafe.ts';
import { type NumberRule, numberRuleOf } from './number-rules.ts';
import { type TextRule, textRuleOf } from './text-rules.ts';

// A check takes a tenth of the time of Joi. It accepts a value only where Joi certainly accepts it, and returns what
// Joi would return. In every other case it is unsure, and Joi decides.

// registered, as a process may hold two copies of Muster
/** Stands for a value that a check does not know to be valid. */
export const unsure: unique symbol = Symbol.for('muster.unsure');

/** Returns a value as Joi and the engine accept it, or `unsure`. */
export type Check = (value: unknown) => unknown;

/** What Joi describes of a schema, as far as it is known here. */
export type Description = {
  type: string;
  flags?: Readonly<Record<string, unknown>>;
  preferences?: Readonly<Record<string, unknown>>;
  rules?: readonly Rule[];
  allow?: readonly unknown[];
  invalid?: readonly unknown[];
  keys?: Readonly<Record<string, Description>>;
  items?: readonly Description[];
};
type Rule = { name: string; args?: Readonly<Record<string, unknown>> };

/** Where a schema stands: its depth, what it inherits from the schemas around it, and how dates come in. */
type Place = { depth: number; hasDefaults: boolean; checkDate: Check };

/** The check of a described schema. Undefined if something in it is not known here. */
export const compileValue = (described: Description, place: Place): Check | undefined => {
  if (!isKnown(described)) return undefined;
  const check = compileType(described, { ...place, hasDefaults: hasDefaultsIn(described, place) });
  const { allow, invalid = [], flags } = described;
  if (!check || (!allow && invalid.length === 0)) return check;
  const [allowed, refused, isOnly] = [new Set(allow), new Set(invalid), flags?.only === true];
  return (value) => {
    if (allowed.has(value)) return isSafe(value) ? value : unsure;
    return isOnly || refused.has(value) ? unsure : check(value);
  };
};

// everything else may change what is valid, or which value comes out
const knownParts = ['type', 'flags', 'preferences', 'rules', 'allow', 'invalid', 'keys', 'items'];
const notesOnly = ['metas', 'notes', 'tags', 'examples'];
const knownFlags = ['presence', 'default', 'only', 'label', 'description', 'unit', 'unknown'];
const knownPreferences = ['convert', 'noDefaults', 'abortEarly', 'messages', 'errors'];
const knownInRules = ['name', 'args', 'message'];

const isKnown = (described: Description): boolean => {
  const { flags = {}, preferences = {}, rules = [], allow = [], invalid = [] } = described;
  return (
    areKnown(described, [...knownParts, ...notesOnly]) &&
    areKnown(flags, knownFlags) &&
    areKnown(preferences, knownPreferences) &&
    rules.every((rule) => areKnown(rule, knownInRules)) &&
    (preferences.convert ?? false) === false &&
    (flags.presence ?? 'optional') !== 'forbidden' &&
    [flags.default, ...allow, ...invalid].every(isPrimitive) // others may be functions and references
  );
};

const areKnown = (object: object, known: readonly string[]) =>
  Object.keys(object).every((name) => known.includes(name));

const isPrimitive = (value: unknown): boolean => typeof value !== 'function' && Object(value) !== value;

const compileType = (described: Description, place: Place): Check | undefined => {
  const { type, flags, rules, items, keys } = described;
  if (keys && type !== 'object') return undefined;
  if (items && type !== 'array') return undefined;
  if (flags?.unknown !== undefined && type !== 'object') return undefined;
  switch (type) {
    case 'string':
      return compileText(rules ?? []);
    case 'number':
      return compileNumber(rules ?? []);
    case 'array':
      return compileList(items ?? [], rules ?? [], place);
  }
  if (rules) return undefined;
  switch (type) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : unsure);
    case 'date':
      return place.checkDate;
    case 'any':
      return (value) => (value !== undefined && isSafe(value, place.depth) ? value : unsure);
    case 'object':
      return keys ? compileKeys(described, place) : compileAnyObject(flags, place);
    default:
      return undefined;
  }
};

const compileText = (rules: readonly Rule[]): Check | undefined => {
  const tests = rules.map(({ name, args = {} }) => textRuleOf(name, args));
  if (!tests.every((test): test is TextRule => test !== undefined)) return undefined;
  const mayBeEmpty = rules.some(({ name, args }) => name === 'min' && args?.limit === 0);
  return (value) => {
    if (typeof value !== 'string' || !value.isWellFormed() || (value === '' && !mayBeEmpty)) return unsure;
    for (const test of tests) if (!test(value)) return unsure;
    return value;
  };
};

const compileNumber = (rules: readonly Rule[]): Check | undefined => {
  const tests = rules.map(({ name, args = {} }) => numberRuleOf(name, args));
  if (!tests.every((test): test is NumberRule => test !== undefined)) return undefined;
  return (value) => {
    if (typeof value !== 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return unsure; // NaN is unsure, too
    const number = value === 0 ? 0 : value; // -0 becomes 0
    for (const test of tests) if (!test(number)) return unsure;
    return number;
  };
};

const compileAnyObject = (flags: Description['flags'], { depth }: Place): Check | undefined =>
  flags?.unknown === false ? undefined : (value) => (isPlain(value) && isSafe(value, depth) ? value : unsure);

const compileList = (items: readonly Description[], rules: readonly Rule[], place: Place): Check | undefined => {
  const [item = { type: 'any' }, second] = items;
  const check = compileValue(item, { ...place, depth: place.depth + 1 });
  const [min, max] = [limitOf(rules, 'min') ?? 0, limitOf(rules, 'max') ?? Number.POSITIVE_INFINITY];
  if (!check || second || item.flags?.presence || place.depth >= depthMax) return undefined;
  if (!rules.every(({ name, args }) => ['min', 'max'].includes(name) && typeof args?.limit === 'number'))
    return undefined;
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return unsure;
    const list: unknown[] = [];
    for (const one of value) {
      const checked = check(one);
      if (checked === unsure) return unsure;
      list.push(checked);
    }
    return list;
  };
};

const limitOf = (rules: readonly Rule[], rule: string) =>
  rules.find(({ name }) => name === rule)?.args?.limit as number | undefined;

/** The check of an object that has these keys, and no others. */
const compileKeys = (described: Description, place: Place): Check | undefined => {
  const keys = Object.entries(described.keys ?? {});
  const checks = new Map<string, Check>();
  for (const [name, key] of keys) {
    const check = compileValue(key, { ...place, depth: place.depth + 1 });
    if (!check || isUnsafeKey(name) || name in Object.prototype) return undefined;
    checks.set(name, check);
  }
  if (described.flags?.unknown === true || place.depth >= depthMax) return undefined;
  const required = keys.filter(([, { flags }]) => flags?.presence === 'required').map(([name]) => name);
  const defaults = keys.flatMap(([name, key]): [string, unknown][] =>
    key.flags?.default !== undefined && hasDefaultsIn(key, place) ? [[name, key.flags.default]] : [],
  );
  return (value) => {
    if (!isPlain(value)) return unsure;
    const fields: Record<string, unknown> = {};
    for (const name in value) {
      const check = checks.get(name);
      const checked = check ? check(value[name]) : unsure;
      if (checked === unsure) return unsure;
      fields[name] = checked;
    }
    for (const name of required) if (fields[name] === undefined) return unsure;
    for (const [name, byDefault] of defaults) if (fields[name] === undefined) fields[name] = byDefault;
    return fields;
  };
};

const hasDefaultsIn = ({ preferences }: Description, { hasDefaults }: Place): boolean =>
  preferences?.noDefaults === undefined ? hasDefaults : preferences.noDefaults === false;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
