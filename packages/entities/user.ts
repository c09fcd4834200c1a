import { defineRecord } from '@muster/model';
import Joi from 'joi';

/** A user of the directory. The only file that knows users. */
export const user = defineRecord({
  name: 'user',
  title: 'User',
  collection: 'Users',
  fields: {
    name: Joi.string().min(1).max(200),
    email: Joi.string().email({ tlds: false }).max(254),
    group: Joi.number().integer(),
  },
});
