import type Router from '@koa/router';
import {
  type CommandType,
  type Entity,
  type Fault,
  isId,
  type OwnRoute,
  parseFields,
  parseInput,
  present,
  type ReadsThing,
  type RouteReply,
  type RouteRequest,
  type RouteThing,
  type RunsCommand,
  renderState,
  type State,
} from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import { chooseId } from '../choose-id.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { newId } from '../new-id.ts';
import { giveProblem, onKoa } from '../on-koa.ts';
import type { Outcome } from '../outcome.ts';
import { answerProblem, invalid, type Problem, unavailable } from '../problem.ts';
import { readBody, readWholeBody } from '../read-body.ts';
import { readFullState } from '../read-full-state.ts';
import { requestOf } from '../request-of.ts';
import { conditionOf, takesNoCondition } from '../takes-no-condition.ts';
import { gone, notFound } from '../thing-problems.ts';
import { isOn } from './legacy.ts';
import { readAll } from './own-all.ts';

/** Adds the own routes of an entity, without legacy ones that are off. */
export const addOwnRoutes = (router: Router, gateway: Gateway, entity: Entity): void => {
  for (const route of entity.routes.filter((one) => isOn(gateway, entity, one))) {
    const { method, path, runs } = route.definition;
    const body = route.body ? [route.definition.body === 'any' ? readWholeBody : readBody] : [];
    const added = router.register(path, [method], [...body, handlerOf(gateway, entity, route)]);
    // a router answers HEAD by the route of GET, and this one changes something
    if (runs !== undefined) added.methods = [method];
  }
};

const handlerOf = (gateway: Gateway, entity: Entity, route: OwnRoute): ((ctx: Context) => Promise<void>) => {
  const { definition } = route;
  if (definition.readsAll)
    return async (ctx) => {
      const parsed = parseFields(route.query, { ...ctx.query });
      if (parsed.kind === 'faults') return giveProblem(ctx, invalid(parsed.faults));
      await readAll(gateway, entity, definition, ctx);
    };
  return (ctx) =>
    onKoa(gateway, ctx, async (exchange) => {
      const parsed = parseRequest(route, exchange);
      if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
      if (definition.runs !== undefined) await runCommand(gateway, entity, definition, exchange, parsed.request);
      else await readThing(gateway, entity, definition, exchange, parsed.request);
    });
};

type Parsed = { kind: 'request'; request: RouteRequest } | { kind: 'faults'; faults: Fault[] };

const parseRequest = ({ query, body }: OwnRoute, exchange: Exchange): Parsed => {
  const [ofQuery, ofBody] = [parseFields(query, { ...exchange.query }), body && parseFields(body, exchange.input)];
  const faults = [ofQuery, ofBody].flatMap((part) => (part?.kind === 'faults' ? part.faults : []));
  if (faults.length > 0 || ofQuery.kind === 'faults' || ofBody?.kind === 'faults') return { kind: 'faults', faults };
  return { kind: 'request', request: { query: ofQuery.fields, body: ofBody?.fields ?? {} } };
};

const runCommand = async (
  gateway: Gateway,
  entity: Entity,
  definition: RunsCommand,
  exchange: Exchange,
  request: RouteRequest,
): Promise<void> => {
  // a read by an own route gives no ETag. A condition that is not looked at must not be ignored
  if (exchange.ifMatch !== '' || exchange.ifNoneMatch !== '')
    return answerProblem(exchange, takesNoCondition(conditionOf(exchange)));
  const type = entity.commands.get(definition.runs) as CommandType; // the check of the definition has found it
  const parsed = parseInput(type, definition.input(request));
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const chosen = chooseId(entity, type, parsed.fields, definition.id?.(request) ?? parsed.id);
  if (chosen.kind === 'faults') return answerProblem(exchange, invalid(chosen.faults));
  const id = chosen.id ?? newId(gateway.random);
  const command = { type, input: parsed.fields };
  const isNewId = chosen.id === undefined;
  const outcome = await executeCommand(gateway, { entity, id, isNewId, command, ...requestOf(gateway, exchange) });
  if (definition.missing && isMissing(outcome)) return giveReply(exchange, definition.missing(request), 404);
  answerOutcome(exchange, entity, id, outcome, () => {
    const state = outcome.kind === 'done' ? outcome.state : undefined;
    giveReply(exchange, definition.answer(state && thingOf(entity, id, state), request), 200);
  });
};

const isMissing = (outcome: Outcome): boolean =>
  outcome.kind === 'refused' && (outcome.refusal.reason === 'NotFound' || outcome.refusal.reason === 'Deleted');

const readThing = async (
  gateway: Gateway,
  entity: Entity,
  definition: ReadsThing,
  exchange: Exchange,
  request: RouteRequest,
): Promise<void> => {
  const id = definition.reads(request);
  const state = isId(id) ? await readFullState(gateway, entity, id) : undefined;
  if (state?.kind === 'unavailable')
    return answerProblem(exchange, unavailable(`Cannot read ${entity.name} "${id}": ${state.why}`));
  const problem = state ? findMissing(entity, id, state.state) : notFound(entity, id);
  if (state && !problem) {
    const thing = thingOf(entity, id, state.state);
    if (thing) return giveReply(exchange, definition.answer(thing, request), 200);
  }
  if (definition.missing) return giveReply(exchange, definition.missing(request), 404);
  answerProblem(exchange, problem ?? notFound(entity, id));
};

const findMissing = (entity: Entity, id: string, state: State): Problem | undefined => {
  const { status, version, changedAt } = renderState(entity, id, state);
  if (status === 'active') return undefined;
  return status === 'deleted' ? gone(entity, id, version, new Date(changedAt)) : notFound(entity, id);
};

const thingOf = (entity: Entity, id: string, state: State): RouteThing | undefined =>
  state.status === 'active'
    ? {
        ...{ id, state: state.fields, version: state.version },
        ...{ shown: present(entity, id, state.fields), address: `${entity.path}/${id}` },
      }
    : undefined;

const giveReply = (exchange: Exchange, { status, body, location }: RouteReply, usual: number): void => {
  if (location !== undefined) exchange.headers.push('Location', location);
  if (body === undefined) exchange.status = status ?? 204;
  else answerJson(exchange, status ?? usual, JSON.stringify(body));
};
