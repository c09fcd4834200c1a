import { defineEntity } from '@muster/model';
import Joi from 'joi';
import { createdFirst } from './created-first.ts';

const content = Joi.string().max(10_000);
const assetId = Joi.string().max(64);

/** A note about an asset, which must exist when the note is created. */
export const note = defineEntity({
  name: 'note',
  collection: 'Notes',
  state: { content, asset_id: assetId, created: Joi.date(), modified: Joi.date() },
  events: {
    NoteCreated: {
      creates: true,
      fields: { content, asset_id: assetId, created: Joi.date(), modified: Joi.date() },
    },
  },
  evolve: { NoteCreated: (_, { data }) => data },
  commands: {
    create: {
      creates: true,
      first: { reference: 'asset', command: 'attach', input: (_, id) => ({ note: id }) },
      input: { content, asset_id: assetId },
      decide: (input, _, now) => ({ type: 'NoteCreated', data: { ...input, created: now, modified: now } }),
    },
  },
  merge: (local, remote) => createdFirst(local, remote, ({ asset_id, content: text }) => [asset_id, text]),
  references: { asset: { entity: 'asset', field: 'asset_id' } },
  indexes: ['content', 'asset_id', 'created', 'modified'],
  http: { path: '/api/v1/notes', format: 'json-api', type: 'notes', sort: 'modified', limit: 100 },
});
