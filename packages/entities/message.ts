import { defineEntity } from '@muster/model';
import Joi from 'joi';

const content = Joi.object<Record<string, unknown>>().unknown();

/** A message: any JSON object, as it came. Only the newest ones stay in memory. */
export const message = defineEntity({
  name: 'message',
  collection: 'Messages',
  state: { receivedAt: Joi.date(), content },
  events: { MessageReceived: { creates: true, fields: { content } } },
  evolve: { MessageReceived: (_, { data, at }) => ({ receivedAt: at, content: data.content }) },
  commands: {
    receive: { creates: true, input: { content }, decide: (input) => ({ type: 'MessageReceived', data: input }) },
  },
  keep: 100_000,
  http: { body: 'content', accepted: true, sort: 'createdAt' },
  routes: [
    {
      method: 'POST',
      path: '/dummy',
      body: 'any',
      runs: 'receive',
      input: ({ body }) => ({ content: body }),
      answer: (thing) => ({ status: 202, body: thing?.shown, location: thing?.address }),
    },
  ],
});
