import { countBy, defineRecord, emailAddress, lineOfText } from '@muster/model';
import Joi from 'joi';

/** A user of the directory. The only file that knows users. */
export const user = defineRecord({
  name: 'user',
  title: 'User',
  collection: 'Users',
  fields: {
    name: lineOfText(200),
    email: emailAddress(),
    group: Joi.number().integer(),
  },
  indexes: ['name', 'email', 'group'],
  views: { byGroup: countBy('group') },
});
