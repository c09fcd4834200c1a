import Joi from 'joi';

/**
 * A schema for text that people read on one line, such as a name: 1 to `most` characters, at least one of them visible.
 * Refused are control characters, line breaks, and characters that reorder text or cannot be seen and join nothing, as
 * they make one name look like another. A character is a code point, so an emoji is one or some.
 */
export const lineOfText = (most: number): Joi.StringSchema =>
  rules(
    Joi.string().min(1),
    [new RegExp(`^[\\s\\S]{0,${most}}$`, 'u'), `${tooLong} ${most} characters long`],
    [noControls, 'must have no control characters, line breaks or characters that reorder text'],
    [/(?![\u115f\u1160\u2800\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}]/u, 'must have a visible character'],
  );

/**
 * A schema for an e-mail address: at most 254 characters, a domain with a dot, no spaces and no invisible characters.
 * Letters of all scripts are allowed on both sides.
 */
export const emailAddress = (): Joi.StringSchema =>
  rules(Joi.string().email({ tlds: false }).max(254), [
    /^[^\p{C}\p{Z}]*$/u,
    'must have no spaces and no invisible characters',
  ]);

/** How the name of the rule of length begins. */
const tooLong = 'length must be less than or equal to';

/** Whether this is the name of the rule of length above, which Joi knows as a pattern. */
export const isLengthRule = (name: unknown): boolean => typeof name === 'string' && name.startsWith(tooLong);

// Controls, line and paragraph separators, soft hyphens, marks, embeddings, overrides and isolates of direction, spaces
// and operators of no width, the byte order mark, and tags. The joiners stay: scripts of India, Persian and emoji need
// them.
const noControls =
  /^[^\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]*$/u;

const rules = (schema: Joi.StringSchema, ...patterns: [RegExp, string][]): Joi.StringSchema =>
  patterns
    .reduce((former, [pattern, name]) => former.pattern(pattern, { name }), schema)
    .messages({ 'string.pattern.name': '{{#label}} {{#name}}' });
