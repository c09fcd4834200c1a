import { call, forAll, type Reply } from './call.ts';

export const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

/** Creates users `${prefix}-0`, `${prefix}-1`… through the API, many at a time; throws when one is not created. */
export const createUsers = async (url: string, prefix: string, count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await writeAll(ids, 201, (id, index) => call(url, 'POST', '/api/user', { body: { ...ada, id, group: index } }));
  return ids;
};

/** Gives all of these users another group. */
export const updateUsers = (url: string, ids: readonly string[], group: number): Promise<void> =>
  writeAll(ids, 200, (id) => call(url, 'PUT', `/api/user/${id}`, { body: { group } }));

export const deleteUsers = (url: string, ids: readonly string[]): Promise<void> => writeAll(ids, 204, (id) => call(url, 'DELETE', `/api/user/${id}`));

const writeAll = async (ids: readonly string[], status: number, write: (id: string, index: number) => Promise<Reply>) => {
  const replies = await forAll(ids, 128, write);
  const other = replies.find((reply) => reply.status !== status);
  if (other) throw new Error(`Expected ${status}, got ${other.status}: ${other.text}`);
};
