import type { Entity } from '@muster/model';
import type { Past, TooMuch } from '@muster/store';
import { type Problem, unavailable } from './problem.ts';

// The errors about the past, as the client gets them. All functions are pure.

/** The thing has no such version. */
export const noSuchVersion = (
  entity: Entity,
  id: string,
  version: number,
  { version: newest, loaded }: Extract<Past, { kind: 'notReached' }>,
): Problem => ({
  name: 'no-such-version',
  entity: entity.name,
  detail:
    `Cannot read version ${version} of ${entity.name} "${id}": its newest version is ${newest}` +
    (loaded?.parked ? `, as version ${loaded.parked.version} cannot be applied: ${loaded.parked.problem}` : '') +
    `; ask for a version from 1 to ${newest}`,
  more: { id, version: newest },
});

/** The thing did not exist yet at that time. */
export const notYet = (entity: Entity, id: string, at: Date, createdAt: Date): Problem => ({
  name: 'not-found',
  entity: entity.name,
  detail:
    `There was no ${entity.name} "${id}" at ${at.toISOString()}: it was created at ${createdAt.toISOString()}; ` +
    'ask for that time or a later one',
  more: { id, createdAt },
});

/** More events than allowed would have to be applied. */
export const tooLong = (entity: Entity, id: string, newest: number, most: number): Problem =>
  outOfReach(
    `Cannot show that state of ${entity.name} "${id}": over ${most} events would have to be applied, which is ` +
      `the limit of a request; ask for one of the versions 1 to ${most}, or the present state (version ${newest})`,
    { id, version: newest },
  );

/** The changes of these events are too far from the start of the stream. */
export const changesTooLong = (entity: Entity, id: string, newest: number, most: number): Problem =>
  outOfReach(
    `Cannot show what these events changed in ${entity.name} "${id}": over ${most} events before them would ` +
      'have to be applied, which is the limit of a request; ask with changes=false for the events without changes',
    { id, version: newest },
  );

/** A question about many things at a time needs more work than is allowed. */
export const tooMuch = (what: string, { why, instead }: TooMuch): Problem =>
  outOfReach(`Cannot ${what}: ${why}, which is the limit of a request; ${instead}`, {});

const outOfReach = (detail: string, more: Record<string, unknown>): Problem => ({
  name: 'out-of-reach',
  detail,
  more,
});

/** All places for such reads are taken. */
export const busy = (what: string): Problem =>
  unavailable(`Cannot ${what}: as many such reads as may run or wait at once are at work already`);

/** The read failed. */
export const notReadable = (what: string, why: string): Problem => unavailable(`Cannot ${what}: ${why}`);
