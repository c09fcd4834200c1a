import { makeInput } from '@muster/cli';
import { type CommandType, type Entity, parseInput } from '@muster/model';

const id = '13AE742';

/** The requests that a newcomer can copy: create a thing of this entity, read it, run a command, count. Pure. */
export const tryIt = (entity: Entity, url: string): string[] => {
  const at = `${url}${entity.path}`;
  const other = [...entity.commands.values()].find(
    ({ creates, isInternal }) => !creates && !isInternal && !entity.isRecord,
  );
  const body = { id, ...makeInput(entity, entity.creating, 1) };
  const isRight = parseInput(entity.creating, body).kind === 'input'; // a pattern cannot be made up
  return [
    ...(isRight ? [`curl -i ${at} ${json} -d ${quote(JSON.stringify(body))}`] : []),
    `curl -i ${at}/${id}`,
    ...(other ? [`curl -i -X POST ${at}/${id}:${other.name}${bodyOf(entity, other)}`] : []),
    `curl -i ${at}/count`,
  ];
};

const json = "-H 'content-type: application/json'";

const bodyOf = (entity: Entity, command: CommandType): string =>
  command.inputNames.length === 0 ? '' : ` ${json} -d ${quote(JSON.stringify(makeInput(entity, command, 2)))}`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
