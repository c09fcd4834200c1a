import { makeInput } from '@muster/cli';
import { type CommandType, type Entity, type Fields, idFrom, parseInput } from '@muster/model';

/** The requests that create a thing, and its id. It is undefined if the gateway makes it, or nothing can be created. */
type Creation = { requests: readonly string[]; id: string | undefined };

const chosenId = '13AE742';

/**
 * The requests that a newcomer can copy, in order: create a thing of this entity, read it, run a command, count. If the
 * id of the thing is not known beforehand, the list is read in place of the thing. `entities` are all of the system.
 * Pure.
 */
export const tryIt = (entity: Entity, url: string, entities: readonly Entity[]): string[] => {
  const at = `${url}${entity.path}`;
  const { requests, id } = makeCreation(entity, url, entities);
  return [
    ...requests,
    ...(id === undefined ? [`curl -i ${at}`] : requestsOn(entity, `${at}/${id}`)),
    `curl -i ${at}/count`,
  ];
};

/** The requests that create a thing of this entity, and before it the one that it names. Pure. */
export const tryCreating = (entity: Entity, url: string, entities: readonly Entity[]): readonly string[] =>
  makeCreation(entity, url, entities).requests;

const makeCreation = (entity: Entity, url: string, entities: readonly Entity[]): Creation => {
  const { creating, http, path } = entity;
  const { reference } = creating.first ?? {};
  const others = entities.filter((one) => one !== entity);
  const other = others.find(({ name }) => name === reference?.entity);
  const before = other ? makeCreation(other, url, others) : nothing;
  if (reference && before.id === undefined) return nothing;
  const input = { ...makeInput(entity, creating, 1), ...(reference ? { [reference.field]: before.id } : {}) };
  const parsed = parseInput(creating, input);
  if (parsed.kind === 'faults') return nothing; // a pattern cannot be made up
  const id = creating.idOf ? idOrNone(entity, parsed.fields) : http.body === undefined ? chosenId : undefined;
  if (creating.idOf && id === undefined) return nothing;
  const named = creating.idOf ? input : { id, ...input };
  const body = http.body === undefined ? named : Reflect.get(input, http.body);
  return { requests: [...before.requests, `curl -i ${url}${path}${bodyOf(body)}`], id };
};

const nothing: Creation = { requests: [], id: undefined };

// what was made up may give no id
const idOrNone = (entity: Entity, fields: Fields): string | undefined => {
  try {
    return idFrom(entity, entity.creating, fields);
  } catch {
    return undefined;
  }
};

const requestsOn = (entity: Entity, thing: string): string[] => {
  const other = entity.isRecord ? undefined : [...entity.commands.values()].find(isSimple);
  const body = other && other.inputNames.length > 0 ? bodyOf(makeInput(entity, other, 2)) : '';
  return [`curl -i ${thing}`, ...(other ? [`curl -i -X POST ${thing}:${other.name}${body}`] : [])];
};

// it runs on the thing that was just created, and needs no other one
const isSimple = ({ creates, isInternal, first }: CommandType): boolean => !creates && !isInternal && !first;

const bodyOf = (body: unknown): string => ` -H 'content-type: application/json' -d ${quote(JSON.stringify(body))}`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
