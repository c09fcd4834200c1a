import type { CommandType, Entity } from '@muster/model';

/** The name of the schema of a command's input. */
export const inputNameOf = ({ name }: Entity, command: CommandType): string => `${name}.${command.name}.input`;
