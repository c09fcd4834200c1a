import { defineEntity, Joi, optional, refuse, unchanged } from 'muster';

const title = Joi.string().min(1).max(200);

/** A task on a list. It is opened, may be renamed while it is open, and is finished once. */
export const task = defineEntity({
  name: 'task', // in addresses: /api/task
  collection: 'Tasks', // where MongoDB keeps the current states
  state: { title, finishedAt: optional(Joi.date()) },

  // what happens to a task; stored for ever
  events: {
    TaskOpened: { creates: true, fields: { title } },
    TaskRenamed: { fields: { title } },
    TaskFinished: {},
  },

  // the state after each event
  evolve: {
    TaskOpened: (_, { data }) => ({ title: data.title }),
    TaskRenamed: (state, { data }) => ({ ...state, title: data.title }),
    TaskFinished: (state, { at }) => ({ ...state, finishedAt: at }),
  },

  // what may be asked of a task: POST /api/task, POST /api/task/{id}:rename, POST /api/task/{id}:finish
  commands: {
    open: {
      creates: true,
      input: { title },
      decide: (input) => ({ type: 'TaskOpened', data: input }),
    },
    rename: {
      input: { title },
      decide: (input, state) => {
        if (state.finishedAt) return refuse('AlreadyFinished', 'A finished task keeps its title');
        if (input.title === state.title) return unchanged;
        return { type: 'TaskRenamed', data: input };
      },
    },
    finish: {
      decide: (_, state) => (state.finishedAt ? refuse('AlreadyFinished') : { type: 'TaskFinished', data: {} }),
    },
  },

  refusals: { AlreadyFinished: { status: 409, title: 'The task is already finished' } },
});
