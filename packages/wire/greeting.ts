import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { WireProblem } from './complaints.ts';
import { blockOf, type Frame, type Inbox, openInbox, readFrames } from './frames.ts';

// Before anything else both ends prove that they know the secret, which itself never goes over the wire:
//   aggregator: challenge { version, nonce }
//   gateway:    hello { version, nonce, whom it looks for: name, incarnation, database; proof }
//   aggregator: welcome { who it is: name, incarnation, database; proof }, or refused
// A proof is an HMAC over the prover's role, the version, both nonces and what stands beside it, so none fits another
// connection or the other direction.

/** Which process of which installation: `incarnation` is of this start. */
export type Identity = { name: string; incarnation: string; database: string };

/** In milliseconds: a connection that has not greeted by then is closed. */
export const greetWithinMs = 2_000;

/** The gateway's side of a greeting under way. Changed in this file only. */
export type Greeting = { expected: Identity; nonce: string; challenge: string | undefined; inbox: Inbox };

/**
 * What an aggregator heard. `greeted`: requests may follow; `refused`: close the connection after the reply, if there
 * is one.
 */
export type HeardHello =
  | { kind: 'waiting' }
  | { kind: 'greeted'; reply: Buffer }
  | { kind: 'refused'; reply: Buffer | undefined; problem: WireProblem | undefined };

/** What a gateway heard. `challenged`: answer with the hello; `greeted`: requests may go out. */
export type HeardWelcome =
  | { kind: 'waiting' }
  | { kind: 'challenged'; hello: Buffer }
  | { kind: 'greeted' }
  | { kind: 'refused'; problem: WireProblem };

export const greetingKinds = { hello: 3, challenge: 67, welcome: 68, refused: 69 } as const;

const version = '3'; // of the whole language, also of what follows the greeting
const greetingBytesMax = 1_024;
const wordLengthMax = 128;

/** The secret as a key, which neither a log nor an error can show. */
export const keyOf = (secret: string): KeyObject => createSecretKey(Buffer.from(secret, 'utf8'));

/** What comes in before the greeting is over: little. */
export const openGreetingInbox = (): Inbox => openInbox(greetingBytesMax);

/** What an aggregator sends first; the nonce is 64 hexadecimal digits that were never used before. */
export const challengeOf = (nonce: string): Buffer => messageOf(greetingKinds.challenge, { version, nonce });

/** Judges what a gateway sent in answer to the challenge with `nonce`. Changes the inbox only. */
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
  // who knows the secret may know who we are, but gets no answers that were meant to be another's
  const reply = messageOf(greetingKinds.welcome, {
    ...plainly(self),
    proof: prove(key, 'aggregator', nonces, self).toString('hex'),
  });
  if (isSame(hello, self)) return { kind: 'greeted', reply };
  return { kind: 'refused', reply, problem: hello.database === self.database ? undefined : otherDatabase(hello, self) };
};

/** A gateway's greeting for the aggregator that it expects at that address; the nonce as above. */
export const openGreeting = (expected: Identity, nonce: string): Greeting => ({
  expected,
  nonce,
  challenge: undefined,
  inbox: openGreetingInbox(),
});

/** Judges what came from what should be the expected aggregator. */
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
  return { kind: 'challenged', hello: messageOf(greetingKinds.hello, { version, nonce, ...plainly(expected), proof }) };
};

const takeWelcome = ({ expected, nonce }: Greeting, challenge: string, key: KeyObject, frame: Frame): HeardWelcome => {
  if (frame.kind === greetingKinds.refused) return { kind: 'refused', problem: refusedByAggregator };
  const found = parseWords(frame, greetingKinds.welcome, ['name', 'incarnation', 'database', 'proof']);
  if (!found) return { kind: 'refused', problem: noAggregator };
  if (!isProof(found.proof, prove(key, 'aggregator', [challenge, nonce], found)))
    return { kind: 'refused', problem: aggregatorWithoutSecret };
  return isSame(found, expected) ? { kind: 'greeted' } : { kind: 'refused', problem: somebodyElse(found, expected) };
};

type Words<Name extends string> = Record<Name, string>;

const messageOf = (kind: number, words: Words<string>): Buffer => blockOf(kind, 0, Buffer.from(JSON.stringify(words)));

const refusal = blockOf(greetingKinds.refused, 0, Buffer.alloc(0));

/**
 * The one frame that is due. Undefined: what came is none, or more than that, and nobody may go on before the other has
 * answered.
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
    return undefined; // no JSON
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
    // JSON, so that no two lists make one text
    .update(JSON.stringify(['muster', role, version, ...nonces, name, incarnation, database]))
    .digest();

const isProof = (text: string, proof: Buffer): boolean =>
  isDigest(text) && timingSafeEqual(Buffer.from(text, 'hex'), proof);

const plainly = ({ name, incarnation, database }: Identity) => ({ name, incarnation, database });

const isSame = (one: Identity, other: Identity) =>
  one.name === other.name && one.incarnation === other.incarnation && one.database === other.database;

const giveTheSame = 'all processes of one installation need the same CLUSTER_SECRET';

const noGreeting: WireProblem = {
  kind: 'language',
  message: 'it does not greet as a gateway does; this port is for the gateways and the commands of Muster',
};
const noAggregator: WireProblem = {
  kind: 'language',
  message: 'what answers there does not greet as an aggregator does; another program has that port',
};
const gatewayWithoutSecret: WireProblem = {
  kind: 'secret',
  message: `it does not prove that it knows CLUSTER_SECRET; ${giveTheSame}`,
};
const aggregatorWithoutSecret: WireProblem = {
  kind: 'secret',
  message: `what answers there does not prove that it knows CLUSTER_SECRET, and is not believed; ${giveTheSame}`,
};
const refusedByAggregator: WireProblem = {
  kind: 'secret',
  message: `it says that our proof of CLUSTER_SECRET is wrong; ${giveTheSame}`,
};

const otherVersion = (found: string): WireProblem => ({
  kind: 'language',
  message:
    `it speaks version ${JSON.stringify(found)} of the wire, this process version "${version}"; ` +
    `run the same release everywhere`,
});

const otherDatabase = (hello: Identity, self: Identity): WireProblem => ({
  kind: 'identity',
  message:
    `it works on database ${JSON.stringify(hello.database)}, this process on "${self.database}"; ` +
    `give each installation a CLUSTER_SECRET of its own`,
});

const somebodyElse = (found: Identity, expected: Identity): WireProblem => {
  if (found.name === expected.name && found.database === expected.database)
    return {
      kind: 'incarnation',
      message: 'it is another start of it than the database says; what it wrote there will be read with the next look',
    };
  const who = ({ name, database }: Identity) => `${JSON.stringify(name)} of database ${JSON.stringify(database)}`;
  return {
    kind: 'identity',
    message: `found ${who(found)}, expected ${who(expected)}; another process has that address, and is not believed`,
  };
};
