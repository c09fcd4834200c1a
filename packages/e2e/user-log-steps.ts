/** A request, and the status that it must be answered with. */
export type Step = [
  status: number,
  method: string,
  path: string,
  body?: object | string,
  headers?: Record<string, string>,
];

// What clients did to the users in the fixture.

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

const create = (id: string, fields: object = {}, status = 201): Step => [
  status,
  'POST',
  '/api/user',
  { id, ...ada, ...fields },
];
const update = (id: string, changes: object | string, status = 200): Step => [
  status,
  'PUT',
  `/api/user/${id}`,
  changes,
];
const remove = (id: string, status = 204): Step => [status, 'DELETE', `/api/user/${id}`];

const names: readonly (readonly [id: string, name: string])[] = [
  ['name-emoji', '😀👩‍👩‍👧‍👦🏳️‍🌈'],
  ['name-composed', 'Ren\u00e9e'],
  ['name-combining', 'Rene\u0301e'],
  ['name-right-to-left', 'שלום \u202eعربي\u202c'],
  ['name-cjk', '山田 太郎 𠮷'],
  ['name-quotes', `"O'Neil" \\ </script> & $where {}.`],
  ['name-controls', 'tab\tline\nreturn\rnul\u0000bell\u0007del\u007f'],
  ['name-separators', 'a\u2028b\u2029c\ufeffd\u00a0e\u200bf'],
  ['name-spaces', '  '],
  ['name-one-letter', 'x'],
  ['name-longest', 'n'.repeat(200)],
  ['name-longest-emoji', '😀'.repeat(100)],
];

const ids: readonly string[] = [
  ...['a-b_c', '0', '00', '-', '_', '-1', '1e3', 'null', 'true', 'undefined', 'constructor', 'toString'],
  ...['hasOwnProperty', 'Count', 'COUNT', 'user', 'User', 'x'.repeat(64), '-'.repeat(64)],
];

const groups: readonly (readonly [id: string, group: string])[] = [
  ['zero', '0'],
  ['minus-zero', '-0'],
  ['minus-zero-as-exponent', '-0e5'],
  ['negative', '-7'],
  ['thousand', '1e3'],
  ['one-point-zero', '1.0'],
  ['int32-max', '2147483647'],
  ['int32-min', '-2147483648'],
  ['above-int32', '2147483648'],
  ['below-int32', '-2147483649'],
  ['safe-max', '9007199254740991'],
  ['safe-min', '-9007199254740991'],
];

/** A create by a client, of a user whose first event is an update. */
export const createOverEmptyStream: Step = create('odd-update-first');

const createWithGroup = ([id, group]: readonly [string, string]): Step => [
  ...([201, 'POST', '/api/user'] as const),
  `{"id":"${id}","name":"Group ${group}","email":"group@example.com","group":${group}}`,
];

/** Written while aggregators run. */
export const stepsBefore = (): Step[] => [
  create('kept'),
  create('kept', { name: 'Another' }, 409),
  update('kept', ada),
  update('kept', { group: 1 }),
  create('gone'),
  remove('gone'),
  remove('gone', 410),
  update('gone', { group: 2 }, 410),
  create('gone', {}, 409),
  create('gone-late'),
  update('never', { group: 2 }, 404),
  create('bad', { email: 'ada' }, 400),
  ...Array.from({ length: 3 }, (_, n): Step => [201, 'POST', '/api/user', { ...ada, name: `Without an id ${n}` }]),
  [201, 'POST', '/api/user/', { group: 3, email: 'order@example.com', name: 'Order', id: 'order-of-fields' }],
  [201, 'POST', '/api/user', { id: 'request-id', ...ada }, { 'x-request-id': 'my:request.1' }],
  ...names.flatMap(([id, name]) => [create(id, { name }), update(id, { group: 2 })]),
  ...ids.map((id) => create(id, { name: id })),
  ...groups.map(createWithGroup),
  create('each-field'),
  update('each-field', { name: 'Countess' }),
  update('each-field', { email: 'countess@example.com' }),
  update('each-field', { group: 2 }),
  create('conditional'),
  [200, 'PUT', '/api/user/conditional', { group: 2 }, { 'if-match': '"1"' }],
  [412, 'PUT', '/api/user/conditional', { group: 3 }, { 'if-match': '"1"' }],
  ...plainIds.flatMap((id, n) => [create(id, { name: `Plain ${n}`, group: n }), ...changes(id, n)]),
  create('long'),
  ...Array.from({ length: 40 }, (_, n) => update('long', { group: n + 2 })),
];

/** Written after these, when the aggregators are away. */
export const stepsAfter = (): Step[] => [
  remove('gone-late'),
  create('gone-at-once'),
  remove('gone-at-once'),
  update('each-field', { group: 3, email: 'ada@example.com' }),
  [200, 'PUT', '/api/user/', { id: 'each-field', group: 3, name: 'Lady Lovelace' }],
  [200, 'PUT', '/api/user/conditional', { name: 'Matched' }, { 'if-match': '"2"' }],
  [412, 'DELETE', '/api/user/conditional', undefined, { 'if-match': '"2"' }],
  create('conditional-gone'),
  [204, 'DELETE', '/api/user/conditional-gone', undefined, { 'if-match': '"1"' }],
  ...names.flatMap(([id, name]) => [update(id, { name: 'Plain' }), update(id, { name })]),
  update('name-composed', { name: 'Rene\u0301e' }),
  ...groups.flatMap(([id, group]) => [update(id, { group: 5 }), update(id, `{"group":${group}}`)]),
  update('zero', '{"group":-0}'),
  ...ids.filter((_, n) => n % 3 === 0).map((id) => update(id, { group: 2 })),
  ...ids.filter((_, n) => n % 5 === 0).map((id) => remove(id)),
  ...plainIds.flatMap((id, n) => changes(id, n + 100)),
  ...plainIds.filter((_, n) => n % 4 === 0).map((id) => remove(id)),
  ...Array.from({ length: 8 }, (_, n) => create(`late-${n}`, { name: `Late ${n}`, group: -n })),
  ...Array.from({ length: 20 }, (_, n) => update('long', { group: n + 50 })),
];

const plainIds = Array.from({ length: 16 }, (_, n) => `plain-${n}`);

/** Up to three changes of one or two fields. The same number gives the same. */
const changes = (id: string, number: number): Step[] =>
  Array.from({ length: number % 4 }, (_, n) => {
    const some = [{ group: number + n }, { name: `Name ${number}.${n}` }, { email: `m${number}.${n}@example.com` }];
    return update(id, { ...some[(number + n) % 3], ...(n === 1 ? some[number % 3] : {}) });
  });
