import { type CommandType, type Entity, type Fields, idFrom, parseInput } from '@muster/model';
import { makeUser, openDraws, type SeededThing, seededId } from './make-user.ts';

/**
 * Makes thing number `index` of an entity: always the same for the same seed and index. Users get plausible names; the
 * fields of others follow the schemas of the creating command. If creating it changes a thing of the entity `other`, it
 * names the one with the same number. Throws an Error that names the field for which no value can be made up. Pure.
 */
export const makeThing = (entity: Entity, seed: number, index: number, other?: Entity): SeededThing => {
  const user = isDirectory(entity) ? makeUser(seed, index) : undefined;
  const fits = user && parseInput(entity.creating, user.fields).kind === 'input';
  return fits ? user : makeRecord(entity, seed, index, other);
};

const isDirectory = ({ name, fieldNames }: Entity) => name === 'user' && fieldNames.join() === 'name,email,group';

const makeRecord = (entity: Entity, seed: number, index: number, other: Entity | undefined): SeededThing => {
  const id = seededId(openDraws(seed, index), index);
  const made = makeInput(entity, entity.creating, seed, index);
  const field = entity.creating.first?.reference.field;
  const input = other && field ? { ...made, [field]: makeThing(other, seed, index).id } : made;
  const parsed = parseInput(entity.creating, input);
  if (parsed.kind === 'input') return makeDistinct(entity, { id, fields: parsed.fields }, index);
  const faults = parsed.faults.map(({ pointer, detail }) => `${pointer.slice(1)} (${detail})`);
  throw new Error(`Cannot make up values of ${entity.name} for these fields: ${faults.join(', ')}`);
};

// made-up texts repeat, and things with the same id are one: a number goes into the text that the id follows from
const makeDistinct = (entity: Entity, made: SeededThing, index: number): SeededThing => {
  const { creating } = entity;
  const id = idFrom(entity, creating, made.fields);
  if (id === undefined) return made;
  for (const [name, text] of Object.entries(made.fields)) {
    if (typeof text !== 'string') continue;
    const parsed = parseInput(creating, { ...made.fields, [name]: `${text} ${index}` });
    const other = parsed.kind === 'input' ? idFrom(entity, creating, parsed.fields) : undefined;
    if (parsed.kind === 'input' && other !== undefined && other !== id) return { id: other, fields: parsed.fields };
  }
  return { id, fields: made.fields };
};

/** Makes up the input of a command from its schema, without an id. The rules of the schema may refuse it. Pure. */
export const makeInput = (entity: Entity, command: CommandType, seed: number, index = 0): Fields => {
  if (command.creates && isDirectory(entity)) return makeUser(seed, index).fields;
  const draw = openDraws(seed, index);
  const { id: _, ...own } = keysOf(command);
  return makeObject({ keys: own }, draw);
};

// to describe a schema costs more than all else
const described = new WeakMap<CommandType, Record<string, Description>>();

const keysOf = (command: CommandType): Record<string, Description> => {
  const known = described.get(command);
  if (known) return known;
  const { keys = {} } = command.schema.describe() as Description;
  described.set(command, keys);
  return keys;
};

/** What Joi says of a schema, as far as values are made of it. */
type Description = {
  type?: string;
  flags?: { presence?: string; only?: boolean; unknown?: boolean; unit?: string };
  allow?: unknown[];
  rules?: { name: string; args?: { limit?: unknown } }[];
  keys?: Record<string, Description>;
  items?: Description[];
  matches?: { schema?: Description }[]; // of alternatives
};

type Draw = () => number;

const makeValue = (schema: Description, draw: Draw): unknown => {
  if (schema.flags?.presence === 'optional' && draw() < 0.3) return undefined;
  if (schema.flags?.only)
    return pick(
      (schema.allow ?? []).filter((value) => typeof value !== 'object'),
      draw,
    );
  switch (schema.type) {
    case 'string':
      return makeText(schema, draw);
    case 'number':
      return makeNumber(schema, draw);
    case 'boolean':
      return draw() < 0.5;
    case 'date':
      return new Date(makeTime(draw));
    case 'array':
      return makeList(schema, draw);
    case 'object':
      return schema.flags?.unknown && !schema.keys ? makeAnything(draw) : makeObject(schema, draw);
    case 'alternatives':
      return makeValue(schema.matches?.[0]?.schema ?? {}, draw);
    default:
      return pick(words, draw);
  }
};

const makeText = (schema: Description, draw: Draw): string => {
  if (hasRule(schema, 'email')) return `${pick(words, draw)}${Math.floor(draw() * 1e6)}@example.com`;
  if (hasRule(schema, 'uri')) return `https://example.com/${pick(words, draw)}`;
  if (hasRule(schema, 'isoDate')) return new Date(makeTime(draw)).toISOString();
  const exact = limitOf(schema, 'length');
  const least = exact ?? limitOf(schema, 'min') ?? 1;
  const most = exact ?? limitOf(schema, 'max') ?? Math.max(least, 60);
  let text = `${pick(words, draw)} ${pick(words, draw)}`; // one word alone would leave few different texts
  while (text.length < least || draw() < 0.5) text += ` ${pick(words, draw)}`;
  return text.slice(0, most).trimEnd().padEnd(least, 'x');
};

const makeNumber = (schema: Description, draw: Draw): number => {
  if (schema.flags?.unit === unitOfTimes) return makeTime(draw);
  const least = limitOf(schema, 'min') ?? (hasRule(schema, 'sign') ? 1 : 0);
  const most = limitOf(schema, 'max') ?? least + 1_000;
  if (hasRule(schema, 'integer')) return Math.floor(least + draw() * (most - least + 1));
  return Math.round((least + draw() * (most - least)) * 100) / 100;
};

const makeList = (schema: Description, draw: Draw): unknown[] => {
  const least = limitOf(schema, 'length') ?? limitOf(schema, 'min') ?? 0;
  const count = Math.max(least, Math.floor(draw() * Math.min(4, limitOf(schema, 'max') ?? 4)));
  const item = schema.items?.[0];
  return item === undefined ? [] : Array.from({ length: count }, () => makeValue(item, draw));
};

const makeObject = ({ keys = {} }: Description, draw: Draw): Fields => {
  const entries = Object.entries(keys).map(([name, schema]) => [name, makeValue(schema, draw)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
};

/** Makes an object for a schema that takes any. */
const makeAnything = (draw: Draw): Fields => ({
  text: makeText({}, draw),
  value: makeNumber({}, draw),
  tags: Array.from({ length: Math.floor(draw() * 3) }, () => pick(words, draw)),
});

/** A time in 2026, in milliseconds since 1970. */
const makeTime = (draw: Draw): number => firstMs + Math.floor(draw() * dayMs * 365);

const hasRule = ({ rules = [] }: Description, name: string): boolean => rules.some((rule) => rule.name === name);

const limitOf = ({ rules = [] }: Description, name: string): number | undefined => {
  const limit = rules.find((rule) => rule.name === name)?.args?.limit;
  return typeof limit === 'number' ? limit : undefined;
};

const pick = <Value>(from: readonly Value[], draw: Draw): Value => from[Math.floor(draw() * from.length)] as Value;

const unitOfTimes = 'ms since 1970'; // as in Joi.number().unit('ms since 1970')
const firstMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

const words: readonly string[] = [
  ...['amber', 'anchor', 'apple', 'arrow', 'birch', 'bridge', 'candle', 'cedar', 'cloud', 'copper', 'coral'],
  ...['desert', 'ember', 'falcon', 'forest', 'garden', 'harbour', 'island', 'lantern', 'maple', 'meadow', 'mirror'],
  ...['north', 'ocean', 'pepper', 'quartz', 'river', 'saddle', 'silver', 'summit', 'timber', 'violet', 'willow'],
];
