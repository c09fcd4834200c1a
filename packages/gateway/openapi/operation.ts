import type { EngineProblemName, Entity, JsonSchema } from '@muster/model';
import type { Part } from './headers.ts';
import type { ParameterName } from './parameters.ts';

/** One method of one address, as the description of the API needs it. */
export type Operation = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string; // with {parameters}
  id: string;
  tag: string;
  entity?: Entity; // whose operation it is
  summary: string;
  parameters: readonly ParameterName[];
  ownParameters?: readonly Part[]; // of this operation only
  body?: { schema: JsonSchema; required: boolean };
  bodyTypes?: readonly string[]; // media types; `application/json` unless given
  answers: readonly Answer[]; // those that are no problems
  problems: readonly EngineProblemName[]; // beside those that every route has
  refusals?: Entity; // whose own refusals may come, too
};

/** An answer that is not a problem. `content` has a schema for each media type. */
export type Answer = {
  status: number;
  description: string;
  content?: Record<string, Part>;
  always?: readonly string[]; // headers
  sometimes?: readonly string[];
  links?: readonly string[]; // the ids of the operations on the thing that is answered
};
