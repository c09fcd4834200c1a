import type { UserRequest } from '@muster/testing';

// What is asked of the users in the fixture. None of it may append an event.

export const readRequest = (id: string): UserRequest => ({ method: 'GET', path: `/api/user/${id}` });

/** Of all users at once; in pages of 20 there are all of them. */
export const setRequests: readonly UserRequest[] = [
  '/count',
  '',
  '?limit=1000',
  '?offset=0&limit=20',
  '?offset=20&limit=20',
  '?offset=40&limit=20',
  '?offset=60&limit=20',
  '?offset=80&limit=20',
  '?offset=5&limit=3',
  '?offset=1000',
].map((rest) => ({ method: 'GET', path: `/api/user${rest}` }));

const get = (path: string, headers?: Record<string, string>): UserRequest => ({
  ...{ method: 'GET', path },
  ...(headers ? { headers } : {}),
});
const post = (body: object): UserRequest => ({ method: 'POST', path: '/api/user', raw: JSON.stringify(body) });
const put = (path: string, raw: object | string, headers?: Record<string, string>): UserRequest => ({
  ...{ method: 'PUT', path, raw: typeof raw === 'string' ? raw : JSON.stringify(raw) },
  ...(headers ? { headers } : {}),
});
const remove = (path: string, headers?: Record<string, string>): UserRequest => ({
  ...{ method: 'DELETE', path },
  ...(headers ? { headers } : {}),
});

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

const written: readonly UserRequest[] = [
  // nothing changes
  put('/api/user/kept', { group: 1 }),
  put('/api/user/kept', ada),
  put('/api/user', { id: 'kept', name: ada.name }),
  put('/api/user/kept', { group: 1 }, { 'if-match': '"1"' }),
  put('/api/user/zero', '{"group":-0}'),
  put('/api/user/minus-zero', '{"group":0}'),
  put('/api/user/odd-minus-zero', '{"group":0}'),
  put('/api/user/odd-minus-zero-later', '{"group":-0}'),
  // is refused by the state
  post({ id: 'kept', ...ada }),
  post({ id: 'gone', ...ada }),
  post({ id: 'odd-created-after-delete', ...ada }),
  put('/api/user/kept', { group: 2 }, { 'if-match': '"7"' }),
  put('/api/user/kept', ada, { 'if-match': '"7"' }),
  remove('/api/user/kept', { 'if-match': '"7"' }),
  put('/api/user/gone', { group: 2 }),
  put('/api/user/gone', { group: 2 }, { 'if-match': '"1"' }),
  remove('/api/user/gone'),
  put('/api/user/never', { group: 2 }),
  remove('/api/user/never'),
  put('/api/user/odd-never-created', { group: 2 }),
  remove('/api/user/odd-deleted-first'),
  post({ id: 'odd-created-twice', ...ada }),
  post({ id: 'odd-deleted-twice', ...ada }),
  remove('/api/user/odd-updated-after-delete'),
  // is refused as an event cannot be understood
  put('/api/user/odd-unknown-field', { group: 2 }),
  put('/api/user/odd-unknown-type', { group: 1 }),
  put('/api/user/odd-hole', { group: 2 }),
  post({ id: 'odd-lacks-a-field', ...ada }),
  remove('/api/user/odd-deleted-then-poison'),
  remove('/api/user/odd-parked-early'),
];

const invalid: readonly UserRequest[] = [
  post({ name: '', group: '1', admin: true }),
  post({ ...ada, id: 'a b' }),
  post({ ...ada, id: 'count' }),
  post({ ...ada, id: 'x'.repeat(65) }),
  post({ ...ada, name: 'x'.repeat(201) }),
  post({ ...ada, email: 'ada' }),
  post({ ...ada, group: 1.5 }),
  post({ ...ada, group: 2 ** 53 }),
  post({ ...ada, name: { $ne: 1 } }),
  post([ada]),
  put('/api/user/kept', {}),
  put('/api/user/kept', { name: null }),
  put('/api/user/kept', { phone: '1' }),
  put('/api/user/kept', { id: 'other', group: 2 }),
  put('/api/user', { group: 2 }),
  put('/api/user/kept', { group: 2 }, { 'if-match': 'x' }),
  get('/api/user/a%20b'),
  get('/api/user?limit=0'),
  get('/api/user?offset=-1'),
];

const others: readonly UserRequest[] = [
  get('/api/user/never'),
  get('/api/user/kept/'),
  get('/api/user/kept', { 'if-none-match': '"1"', 'cache-control': 'max-age=0' }),
  get('/api/user/kept', { 'muster-min-version': '1' }),
  get('/api/user/kept', { 'muster-min-version': '2' }),
  get('/api/user/gone', { 'muster-min-version': '3' }),
  get('/api/user/kept', { 'muster-min-version': 'x' }),
  get('/api/users'),
  get('/api/badge/odd-badge'),
  { method: 'PATCH', path: '/api/user/kept', raw: '{}' },
];

/** Of one user, or of nothing. */
export const otherRequests: readonly UserRequest[] = [...written, ...invalid, ...others];
