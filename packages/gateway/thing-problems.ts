import { type Entity, problemNameOf, type State } from '@muster/model';
import type { FirstFailed, Outcome, Refusal } from './outcome.ts';
import { type Problem, unavailable } from './problem.ts';

// The errors about one thing, as the client gets them. All functions are pure.

export const notFound = (entity: Entity, id: string): Problem => ({
  name: 'not-found',
  entity: entity.name,
  detail: `There is no ${entity.name} "${id}", and never was`,
  more: { id },
});

/** The thing was deleted. Sometimes only the version is known, not the time. */
export const gone = (entity: Entity, id: string, version: number, deletedAt: Date | undefined): Problem => {
  const when = deletedAt ? `, on ${deletedAt.toISOString()}` : '';
  return {
    name: 'deleted',
    entity: entity.name,
    detail: `The ${entity.name} "${id}" was deleted at version ${version}${when}`,
    more: { id, version, deletedAt },
  };
};

// the last change of a thing that is gone is the one that made it so
const goneSince = (state: State): Date | undefined => {
  switch (state.status) {
    case 'absent':
      return undefined;
    case 'active':
      return state.updatedAt;
    case 'deleted':
      return state.deletedAt;
  }
};

/** A read asked for version `least`, but the last version in the log is `version`. */
export const notReached = (entity: Entity, id: string, version: number, least: number): Problem => ({
  name: 'no-such-version',
  entity: entity.name,
  detail:
    `Cannot read ${entity.name} "${id}" at version ${least} or newer: ` +
    `the log has version ${version}; ask for one that was answered before`,
  more: { id, version },
});

/** The state of the thing does not allow the command. `conditions` names the conditional headers of the request. */
export const refused = (entity: Entity, id: string, refusal: Refusal, state: State, conditions: string): Problem => {
  switch (refusal.reason) {
    case 'NotFound':
      return notFound(entity, id);
    case 'Deleted':
      return gone(entity, id, state.version, goneSince(state));
    case 'Exists':
      return exists(entity, id, state);
    case 'OtherVersion':
      return otherVersion(entity, id, state.version, conditions);
    default:
      return declared(entity, id, refusal, state);
  }
};

/** The thing has a version that If-Match or If-None-Match excludes, or none. */
export const otherVersion = (entity: Entity, id: string, version: number, conditions: string): Problem => ({
  name: 'other-version',
  entity: entity.name,
  detail:
    version > 0
      ? `Cannot change ${entity.name} "${id}" as asked by ${conditions}: ` +
        `it has version ${version}; read it and decide again`
      : `Cannot create ${entity.name} "${id}" as asked by ${conditions}: it does not exist`,
  more: { id, version },
});

/** A read asked for another version by If-Match. */
export const otherRead = (entity: Entity, id: string, version: number): Problem => ({
  ...otherVersion(entity, id, version, 'If-Match'),
  detail: `Cannot read ${entity.name} "${id}" as asked by If-Match: it has version ${version}`,
});

/** A refusal that the entity declares. The engine checks that it does before it refuses. */
const declared = (entity: Entity, id: string, refusal: Refusal, state: State): Problem => {
  const { status, title } = entity.refusals.get(refusal.reason) ?? { status: 409, title: refusal.reason };
  const why = refusal.kind === 'declared' ? refusal.detail : undefined;
  return {
    name: 'declared',
    refusal: { name: problemNameOf(refusal.reason), status, title },
    detail: why ?? `Cannot run the command on ${entity.name} "${id}" at version ${state.version}: ${title}`,
    more: { id, version: state.version },
  };
};

const exists = (entity: Entity, id: string, state: State): Problem => {
  const how = state.status === 'deleted' ? 'it existed and was deleted' : 'it exists';
  const orUpdate = hasUpdate(entity) ? ', or update it' : '';
  return {
    name: 'exists',
    entity: entity.name,
    detail: `Cannot create ${entity.name} "${id}": ${how} at version ${state.version}; choose another id${orUpdate}`,
    more: { id, version: state.version },
  };
};

const hasUpdate = ({ commands, deleting }: Entity): boolean =>
  [...commands.values()].some((one) => one.changes && !one.isInternal && one !== deleting);

/** The command is done, and the entity's `present` fails for the new state. */
export const notShown = (entity: Entity, id: string, { version }: State): Problem => ({
  name: 'fault',
  detail: `The command on ${entity.name} "${id}" is done, at version ${version}; the ${entity.name} cannot be shown`,
  more: { written: 'written', id, version },
});

/** The stream is parked: its next event cannot be parsed. */
export const parked = (entity: Entity, id: string, state: State, problem: string): Problem =>
  unavailable(
    `Cannot write ${entity.name} "${id}": version ${state.version + 1} of its stream cannot be understood ` +
      `(${problem}); an operator must look at DeadLetters`,
    { written: 'notWritten', id },
  );

/** The write failed, or its outcome is unknown. */
export const notWritable = (
  entity: Entity,
  id: string,
  { written, version, why }: Extract<Outcome, { kind: 'unavailable' }>,
): Problem =>
  unavailable(`Cannot write ${entity.name} "${id}": ${why}`, { written, id, ...(version ? { version } : {}) });

/** The command that goes first was not carried out. The fault points at the field that names the other thing. */
export const firstFailed = (failed: FirstFailed): Problem => {
  const problem = problemOfFirst(failed);
  const { outcome, reference } = failed;
  if (outcome.kind !== 'refused') return problem;
  const { detail } = problem;
  return { ...problem, errors: [{ pointer: `/${reference.field}`, code: 'unusable-reference', detail }] };
};

const problemOfFirst = ({ entity, id, outcome }: FirstFailed): Problem => {
  switch (outcome.kind) {
    case 'refused':
      return refused(entity, id, outcome.refusal, outcome.state, '');
    case 'parked':
      return parked(entity, id, outcome.state, outcome.problem);
    case 'unavailable':
      // whatever became of the first one, this command was not begun
      return notWritable(entity, id, { ...outcome, written: 'notWritten', version: undefined });
  }
};
