import { call, eventually, forAll, type Reply } from '@muster/testing';

export const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

/**
 * Creates users `${prefix}-0`, `${prefix}-1`… through the API, 128 at a time. Tries again after a 503. Returns the ids.
 * Throws when a create is refused.
 */
export const createUsers = async (url: string, prefix: string, count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await writeAll(ids, [201, 409], (id, index) =>
    call(url, 'POST', '/api/user', { body: { ...ada, id, group: index } }),
  );
  return ids;
};

/** Sets the group of all these users. Throws when an update is refused. */
export const updateUsers = (url: string, ids: readonly string[], group: number): Promise<void> =>
  writeAll(ids, [200], (id) => call(url, 'PUT', `/api/user/${id}`, { body: { group } }));

export const deleteUsers = (url: string, ids: readonly string[]): Promise<void> =>
  writeAll(ids, [204, 410], (id) => call(url, 'DELETE', `/api/user/${id}`));

/** `done`: the status of a success. `already`: the status when an earlier try with an unknown outcome had succeeded. */
const writeAll = async (
  ids: readonly string[],
  [done, already]: number[],
  write: (id: string, index: number) => Promise<Reply>,
) => {
  await forAll(ids, 128, async (id, index) => {
    let isUnknown = false;
    const attempt = async () => {
      const reply = await write(id, index);
      isUnknown ||= reply.body?.written === 'unknown';
      return reply;
    };
    const reply = await eventually(attempt, ({ status }) => status !== 503);
    const isDone = reply.status === done || (isUnknown && reply.status === already);
    if (!isDone) throw new Error(`Expected ${done}, got ${reply.status}: ${reply.text}`);
  });
};
