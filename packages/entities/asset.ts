import { defineEntity, lineOfText, optional } from '@muster/model';
import Joi from 'joi';
import { createdFirst } from './created-first.ts';

/** `site`: where it was created, if that site has a name. */
export type AssetState = {
  readonly name: string;
  readonly deleted: boolean;
  readonly created: Date;
  readonly modified: Date;
  readonly site?: string;
};

/**
 * Merges what two sites know of an asset: the one that was created first, with ties by the name of its site. It is
 * deleted if it was deleted anywhere, and since the first deletion. Commutative, associative and idempotent.
 */
export const mergeAssets = (local: AssetState, remote: AssetState): AssetState => {
  const first = createdFirst(local, remote, ({ site = '', name }) => [site, name]);
  const deletions = [local, remote].flatMap(({ deleted, modified }) => (deleted ? modified.getTime() : []));
  if (deletions.length === 0) return first;
  return { ...first, deleted: true, modified: new Date(Math.min(...deletions)) };
};

const created = { name: lineOfText(255), created: Joi.date(), modified: Joi.date(), site: optional(Joi.string()) };

/** An asset: a thing with a name, which notes are about. A deleted one stays in lists, so that others learn of it. */
export const asset = defineEntity({
  name: 'asset',
  collection: 'Assets',
  state: {
    name: lineOfText(255),
    deleted: Joi.boolean(),
    created: Joi.date(),
    modified: Joi.date(),
    site: optional(Joi.string()),
  },
  events: {
    AssetCreated: { creates: true, fields: created },
    NoteAttached: { fields: { note: Joi.string() } },
    AssetDeleted: { fields: { modified: Joi.date() } },
  },
  evolve: {
    AssetCreated: (_, { data }) => ({ ...data, deleted: false }),
    NoteAttached: (state) => state, // it only proves that the asset was there
    AssetDeleted: (state, { data }) => ({ ...state, deleted: true, modified: data.modified }),
  },
  commands: {
    create: {
      creates: true,
      input: { name: lineOfText(255) },
      decide: ({ name }, _, now, { site }) => ({
        type: 'AssetCreated',
        data: { name, created: now, modified: now, ...(site === '' ? {} : { site }) },
      }),
    },
    attach: {
      internal: true,
      input: { note: Joi.string() },
      decide: (input) => ({ type: 'NoteAttached', data: input }),
    },
    delete: { method: 'DELETE', decide: (_, __, now) => ({ type: 'AssetDeleted', data: { modified: now } }) },
  },
  gone: ({ deleted }) => deleted,
  merge: mergeAssets,
  indexes: ['name', 'deleted', 'created', 'modified', 'site'],
  http: { path: '/api/v1/assets', format: 'json-api', type: 'assets', sort: 'modified', limit: 100 },
});
