import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { WireProblem } from './complaints.ts';
import { blockOf, type Frame, type Inbox, openInbox, readFrames } from './frames.ts';

// Before any request, both ends prove that they know the secret. The secret itself is never sent.
// - aggregator: challenge { version, nonce }
// - gateway: hello { version, nonce, the expected name, incarnation and database, proof }
// - aggregator: welcome { its own name, incarnation and database, proof }, or refused
// A proof is an HMAC over the sender's role, the version, both nonces and the identity in the message. So no proof is
// valid on another connection or in the other direction.

/** Identifies a process and its installation. `incarnation` is new at each start. */
export type Identity = { name: string; incarnation: string; database: string };

/** The deadline of a greeting, in milliseconds. A connection that misses it is closed. */
export const greetWithinMs = 2_000;

/** The gateway's state of a greeting. Changed only in this file. */
export type Greeting = { expected: Identity; nonce: string; challenge: string | undefined; inbox: Inbox };

/**
 * The result of a gateway's data. `greeted`: send the reply, then requests may follow. `refused`: send the reply, if
 * any, then close the connection.
 */
export type HeardHello =
  | { kind: 'waiting' }
  | { kind: 'greeted'; reply: Buffer }
  | { kind: 'refused'; reply: Buffer | undefined; problem: WireProblem | undefined };

/** The result of an aggregator's data. `challenged`: send the hello. `greeted`: requests may be sent. */
export type HeardWelcome =
  | { kind: 'waiting' }
  | { kind: 'challenged'; hello: Buffer }
  | { kind: 'greeted' }
  | { kind: 'refused'; problem: WireProblem };

export const greetingKinds = { hello: 3, challenge: 67, welcome: 68, refused: 69 } as const;

const version = '3'; // the version of the whole wire format, including the messages after the greeting
const greetingBytesMax = 1_024;
const wordLengthMax = 128;

/** Returns the secret as a key, which logs and errors cannot show. */
export const keyOf = (secret: string): KeyObject => createSecretKey(Buffer.from(secret, 'utf8'));

/** Returns an inbox for the greeting, with a small limit. */
export const openGreetingInbox = (): Inbox => openInbox(greetingBytesMax);

/** Returns the aggregator's first message. The nonce is 64 hexadecimal digits that were never used before. */
export const challengeOf = (nonce: string): Buffer => messageOf(greetingKinds.challenge, { version, nonce });

/** Checks a gateway's answer to the challenge with `nonce`. Changes only the inbox. */
export const hearHello = (inbox: Inbox, nonce: string, key: KeyObject, self: Identity, chunk: Buffer): HeardHello => {
  const frame = readOne(inbox, chunk);
  if (frame === 'waiting') return { kind: 'waiting' };
  const hello =
    frame && parseWords(frame, greetingKinds.hello, ['version', 'nonce', 'name', 'incarnation', 'database', 'proof']);
  if (!hello || !isDigest(hello.nonce)) return { kind: 'refused', reply: undefined, problem: noGreeting };
  if (hello.version !== version) return { kind: 'refused', reply: undefined, problem: otherVersion(hello.version) };
  const nonces = [nonce, hello.nonce] as const;
  if (!isProof(hello.proof, prove(key, 'gateway', nonces, hello)))
    return { kind: 'refused', reply: refusal, problem: gatewayWithoutSecret };
  // A gateway that knows the secret may learn our identity. It gets no answers if it expects another process.
  const reply = messageOf(greetingKinds.welcome, {
    ...identityOf(self),
    proof: prove(key, 'aggregator', nonces, self).toString('hex'),
  });
  if (isSame(hello, self)) return { kind: 'greeted', reply };
  return { kind: 'refused', reply, problem: hello.database === self.database ? undefined : otherDatabase(hello, self) };
};

/** Opens a gateway's greeting with the aggregator that it expects. The nonce is as in `challengeOf`. */
export const openGreeting = (expected: Identity, nonce: string): Greeting => ({
  expected,
  nonce,
  challenge: undefined,
  inbox: openGreetingInbox(),
});

/** Checks the data from an aggregator that should be the expected one. Changes only the greeting. */
export const hearWelcome = (greeting: Greeting, key: KeyObject, chunk: Buffer): HeardWelcome => {
  const frame = readOne(greeting.inbox, chunk);
  if (frame === 'waiting') return { kind: 'waiting' };
  if (frame === undefined) return { kind: 'refused', problem: noAggregator };
  return greeting.challenge === undefined
    ? takeChallenge(greeting, key, frame)
    : takeWelcome(greeting, greeting.challenge, key, frame);
};

const takeChallenge = (greeting: Greeting, key: KeyObject, frame: Frame): HeardWelcome => {
  const challenge = parseWords(frame, greetingKinds.challenge, ['version', 'nonce']);
  if (!challenge || !isDigest(challenge.nonce)) return { kind: 'refused', problem: noAggregator };
  if (challenge.version !== version) return { kind: 'refused', problem: otherVersion(challenge.version) };
  greeting.challenge = challenge.nonce;
  const { expected, nonce } = greeting;
  const proof = prove(key, 'gateway', [challenge.nonce, nonce], expected).toString('hex');
  return {
    kind: 'challenged',
    hello: messageOf(greetingKinds.hello, { version, nonce, ...identityOf(expected), proof }),
  };
};

const takeWelcome = ({ expected, nonce }: Greeting, challenge: string, key: KeyObject, frame: Frame): HeardWelcome => {
  if (frame.kind === greetingKinds.refused) return { kind: 'refused', problem: refusedByAggregator };
  const found = parseWords(frame, greetingKinds.welcome, ['name', 'incarnation', 'database', 'proof']);
  if (!found) return { kind: 'refused', problem: noAggregator };
  if (!isProof(found.proof, prove(key, 'aggregator', [challenge, nonce], found)))
    return { kind: 'refused', problem: aggregatorWithoutSecret };
  return isSame(found, expected) ? { kind: 'greeted' } : { kind: 'refused', problem: otherIdentity(found, expected) };
};

type Words<Name extends string> = Record<Name, string>;

const messageOf = (kind: number, words: Words<string>): Buffer => blockOf(kind, 0, Buffer.from(JSON.stringify(words)));

const refusal = blockOf(greetingKinds.refused, 0, Buffer.alloc(0));

/**
 * Returns the next frame. Returns undefined when the data are invalid, or contain more than one frame: each end must
 * wait for the other's answer.
 */
const readOne = (inbox: Inbox, chunk: Buffer): Frame | 'waiting' | undefined => {
  const frames = readFrames(inbox, chunk);
  if (frames?.length === 0) return 'waiting';
  return frames?.length === 1 && inbox.bytes === 0 ? frames[0] : undefined;
};

const parseWords = <Name extends string>(
  frame: Frame,
  kind: number,
  names: readonly Name[],
): Words<Name> | undefined => {
  if (frame.kind !== kind) return undefined;
  try {
    const value: unknown = JSON.parse(frame.payload.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    return names.every((name) => isWord((value as Record<string, unknown>)[name])) ? (value as Words<Name>) : undefined;
  } catch {
    return undefined; // not JSON
  }
};

const isWord = (value: unknown) => typeof value === 'string' && value.length <= wordLengthMax;

const isDigest = (text: string) => /^[0-9a-f]{64}$/.test(text);

const prove = (
  key: KeyObject,
  role: 'gateway' | 'aggregator',
  nonces: readonly [string, string],
  { name, incarnation, database }: Identity,
): Buffer =>
  createHmac('sha256', key)
    // JSON, so that different lists never give the same text
    .update(JSON.stringify(['muster', role, version, ...nonces, name, incarnation, database]))
    .digest();

const isProof = (text: string, proof: Buffer): boolean =>
  isDigest(text) && timingSafeEqual(Buffer.from(text, 'hex'), proof);

const identityOf = ({ name, incarnation, database }: Identity) => ({ name, incarnation, database });

const isSame = (one: Identity, other: Identity) =>
  one.name === other.name && one.incarnation === other.incarnation && one.database === other.database;

const sameSecret = 'give all processes of one installation the same CLUSTER_SECRET';

const noGreeting: WireProblem = {
  kind: 'language',
  message: 'it sent no valid greeting; only gateways and commands of Muster may connect to this port',
};
const noAggregator: WireProblem = {
  kind: 'language',
  message: 'it sent no valid greeting of an aggregator; another program probably uses that port',
};
const gatewayWithoutSecret: WireProblem = {
  kind: 'secret',
  message: `it does not know our CLUSTER_SECRET; ${sameSecret}`,
};
const aggregatorWithoutSecret: WireProblem = {
  kind: 'secret',
  message: `it does not know our CLUSTER_SECRET, so its answers are ignored; ${sameSecret}`,
};
const refusedByAggregator: WireProblem = {
  kind: 'secret',
  message: `it refused our CLUSTER_SECRET; ${sameSecret}`,
};

const otherVersion = (found: string): WireProblem => ({
  kind: 'language',
  message:
    `it uses version ${JSON.stringify(found)} of the wire format, this process uses version "${version}"; ` +
    `run the same release everywhere`,
});

const otherDatabase = (hello: Identity, self: Identity): WireProblem => ({
  kind: 'identity',
  message:
    `it uses database ${JSON.stringify(hello.database)}, this process uses "${self.database}"; ` +
    `give each installation its own CLUSTER_SECRET`,
});

const otherIdentity = (found: Identity, expected: Identity): WireProblem => {
  if (found.name === expected.name && found.database === expected.database)
    return {
      kind: 'incarnation',
      message: 'it was restarted; the new incarnation is used when its document has been read from the database',
    };
  const who = ({ name, database }: Identity) => `${JSON.stringify(name)} of database ${JSON.stringify(database)}`;
  return {
    kind: 'identity',
    message: `found ${who(found)}, expected ${who(expected)}; another process has that address and is ignored`,
  };
};
