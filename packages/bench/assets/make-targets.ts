/** A request of the mix, as vegeta reads it from a line of JSON. The body is in base64. */
export type Target = { method: string; url: string; body?: string; header?: Record<string, string[]> };

const type = 'application/vnd.api+json';

/** Returns a source of numbers from 0 to 1: always the same for the same seed. */
const openDraws = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/**
 * Makes the requests of one round: creates, reads and deletes of a few assets, so that most answers are 409 and 410.
 * `kept` assets are created again and again, and never deleted. `round` keeps the ids of rounds apart. Pure.
 */
export const makeTargets = (base: string, count: number, seed: number, round: string): Target[] => {
  const draw = openDraws(seed);
  const pick = (name: string, of: number) => `${round}-${name}-${Math.floor(draw() * of)}`;
  return Array.from({ length: count }, () => {
    const kind = draw();
    if (kind < 0.4) return create(base, pick('kept', 30));
    if (kind < 0.5) return on('GET', base, pick('kept', 30));
    if (kind < 0.65) return create(base, pick('deleted', 10));
    if (kind < 0.8) return on('GET', base, pick('deleted', 10));
    if (kind < 0.97) return on('DELETE', base, pick('deleted', 10));
    return on('GET', base, pick('never', 10));
  });
};

const create = (base: string, id: string): Target => ({
  method: 'POST',
  url: `${base}/api/v1/assets`,
  body: Buffer.from(JSON.stringify({ data: { type: 'assets', id, attributes: { name: id } } })).toString('base64'),
  header: { 'Content-Type': [type], Accept: [type] },
});

const on = (method: string, base: string, id: string): Target => ({
  ...{ method, url: `${base}/api/v1/assets/${id}`, header: { Accept: [type] } },
});
