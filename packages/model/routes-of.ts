import Joi from 'joi';
import type { FieldSchemas } from './data-of.ts';
import type { Entity } from './entity.ts';
import { inputSchemaOf } from './field-schemas.ts';
import type { OwnRoute, RouteDefinition } from './own-route.ts';
import type { Fields } from './stored-event.ts';

/** The own routes of these definitions, whose problems were looked for. */
export const routesOf = (definitions: readonly RouteDefinition[] = []): OwnRoute[] =>
  definitions.map((definition) => ({
    definition,
    isLegacy: definition.legacy === true,
    // parameters of an address are text, so they are converted
    query: inputSchemaOf(definition.query ?? {}, false).options({ convert: true }),
    body: definition.body && bodyOf(definition.body),
  }));

const bodyOf = (body: FieldSchemas | 'any'): Joi.ObjectSchema<Fields> =>
  body === 'any' ? Joi.object<Fields>().unknown() : inputSchemaOf(body, false);

/** The method and the address of an own route: `GET /get`. */
export const routeName = ({ definition: { method, path } }: OwnRoute): string => `${method} ${path}`;

/**
 * Throws an Error if two entities have an own route of the same method and address, or one below the address of another
 * entity.
 */
export const checkRoutes = (entities: readonly Entity[]): void => {
  const all = entities.flatMap((entity) => entity.routes.map((route) => ({ entity, route, name: routeName(route) })));
  for (const [at, { entity, route, name }] of all.entries()) {
    if (all.findIndex((other) => other.name === name) < at)
      throw new Error(`Cannot start with two routes ${name}: give each its own address`);
    const { path } = route.definition;
    const other = entities.find((one) => `${path}/`.startsWith(`${one.path}/`));
    if (other)
      throw new Error(
        `Cannot start with ${name} of ${entity.name}: it is below ${other.path}, the address of ${other.name}`,
      );
  }
};
