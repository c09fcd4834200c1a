import { Agent, request } from 'node:http';
import { type Entity, type Fields, idFrom } from '@muster/model';
import { backOffMs, pause } from '@muster/runtime';
import { authorizationOf } from './authorization-of.ts';
import { forEachIndex } from './for-each-index.ts';
import { makeThing } from './make-thing.ts';
import type { SeededThing } from './make-user.ts';
import type { Seeded, Seeding } from './seeded.ts';

const triesMax = 8;
const answerMs = 10_000;

/**
 * Creates each user with a POST to the gateway at `url`, over keep-alive connections. Returns how many users are new
 * and how many existed. Throws when a user is refused, or when 8 tries get no answer or a 503.
 */
export const seedApi = async (url: string, entity: Entity, seeding: Seeding): Promise<Seeded> => {
  const agent = new Agent({ keepAlive: true, maxSockets: seeding.concurrency });
  const seeded: Seeded = { created: 0, present: 0 };
  const target = new URL(entity.path, url);
  const bodyOf = ({ id, fields }: SeededThing) => (isNamed(entity, id, fields) ? { id, ...fields } : fields);
  const seedOne = async (index: number) => {
    const status = await postSurely(
      agent,
      target,
      seeding.key,
      makeThing(entity, seeding.seed, index, seeding.other),
      bodyOf,
    );
    if (status === 201 || status === 202) seeded.created += 1;
    else seeded.present += 1;
    seeding.onSeeded(seeded);
  };
  try {
    await forEachIndex(seeding.users, seeding.concurrency, seedOne, seeding.signal);
  } finally {
    agent.destroy();
  }
  return seeded;
};

// an id that follows from the fields is not sent
const isNamed = (entity: Entity, id: string, fields: Fields): boolean => idFrom(entity, entity.creating, fields) !== id;

const postSurely = async (
  agent: Agent,
  target: URL,
  key: string | undefined,
  thing: SeededThing,
  bodyOf: (thing: SeededThing) => object,
): Promise<number> => {
  const { id } = thing;
  const body = JSON.stringify(bodyOf(thing));
  for (let tries = 1; ; tries += 1) {
    const answer = await post(agent, target, key, body).catch((error: Error) => ({ status: 0, text: error.message }));
    if ([200, 201, 202, 409].includes(answer.status)) return answer.status;
    const mayPass = answer.status === 0 || answer.status === 503;
    if (!mayPass || tries === triesMax)
      throw new Error(`Cannot create "${id}" at ${target.href}: status ${answer.status}, ${answer.text.slice(0, 300)}`);
    await pause(backOffMs(tries, 100, 2_000));
  }
};

const post = (
  agent: Agent,
  target: URL,
  key: string | undefined,
  body: string,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...authorizationOf(key),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(target, { method: 'POST', agent, headers, timeout: answerMs }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${answerMs / 1_000} s`)));
    sent.once('error', reject);
    sent.end(body);
  });
