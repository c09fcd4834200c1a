import { once } from 'node:events';
import { type IncomingMessage, request as requestOver } from 'node:http';
import { createInterface } from 'node:readline';
import type { Changed, ChangeRequest, ControlAddress, ControlLine, Step } from '@muster/supervisor';

/** The outcome of the change. Unknown if this command was interrupted (`left`) or the supervisor ended (`lost`). */
export type Asked = Changed | { kind: 'left' } | { kind: 'lost'; problem: string };

/**
 * Requests a change from the supervisor and calls `onStep` for each step until its end. When `signal` aborts, it stops
 * listening and the change goes on. Never throws.
 */
export const askSupervisor = async (
  { port, token }: ControlAddress,
  change: ChangeRequest,
  signal: AbortSignal,
  onStep: (step: Step) => void,
): Promise<Asked> => {
  try {
    const response = await send(port, token, JSON.stringify(change), signal);
    if (response.statusCode !== 200) return { kind: 'refused', problem: await readProblem(response) };
    for await (const text of createInterface(response)) {
      const line = JSON.parse(text) as ControlLine;
      if (line.kind === 'done' || line.kind === 'failed' || line.kind === 'refused') return line;
      onStep(line);
    }
    return { kind: 'lost', problem: 'the supervisor ended during the change' };
  } catch (error) {
    if (signal.aborted) return { kind: 'left' };
    return {
      kind: 'lost',
      problem: `the supervisor does not answer: ${error instanceof Error ? error.message : error}`,
    };
  }
};

const send = async (port: number, token: string, body: string, signal: AbortSignal): Promise<IncomingMessage> => {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const request = requestOver({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/change',
    headers,
    signal,
    agent: false,
  });
  request.end(body);
  const [response] = await once(request, 'response');
  return response;
};

const readProblem = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')).problem;
};
