import { defineEntity, lineOfText } from '@muster/model';
import Joi from 'joi';

/** An asset: a thing with a name, which notes are about. A deleted one stays in lists, so that others learn of it. */
export const asset = defineEntity({
  name: 'asset',
  collection: 'Assets',
  state: { name: lineOfText(255), deleted: Joi.boolean(), created: Joi.date(), modified: Joi.date() },
  events: {
    AssetCreated: { creates: true, fields: { name: lineOfText(255), created: Joi.date(), modified: Joi.date() } },
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
      decide: ({ name }, _, now) => ({ type: 'AssetCreated', data: { name, created: now, modified: now } }),
    },
    attach: {
      internal: true,
      input: { note: Joi.string() },
      decide: (input) => ({ type: 'NoteAttached', data: input }),
    },
    delete: { method: 'DELETE', decide: (_, __, now) => ({ type: 'AssetDeleted', data: { modified: now } }) },
  },
  gone: ({ deleted }) => deleted,
  indexes: ['name', 'deleted', 'created', 'modified'],
  http: { path: '/api/v1/assets', format: 'json-api', type: 'assets', sort: 'modified', limit: 100 },
});
