import type { Gateway } from './gateway.ts';
import { KnownFault, type Problem } from './problem.ts';

/** Returns the answer to an error: a client's fault as a library throws it, or a fault of ours, which is logged. */
export const problemOfThrown = ({ logger }: Pick<Gateway, 'logger'>, requestId: string, error: unknown): Problem => {
  const status = Number((error as { status?: unknown }).status);
  if (status >= 400 && status < 500) return problemOfClient(error as Error);
  logger.error({ err: error, requestId }, 'A request failed through a fault of ours');
  return error instanceof KnownFault ? error.problem : fault;
};

const fault: Problem = {
  name: 'fault',
  detail: 'The request could not be answered through a fault of the service; its log has more under the request id',
};

const problemOfClient = (error: Error): Problem => {
  const detail = error.message.slice(0, 200);
  return {
    name: 'invalid-input',
    detail,
    errors: [{ pointer: '', code: 'invalid', detail }],
  };
};
