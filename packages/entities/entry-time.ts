import Joi from 'joi';

const day = /(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))/;
const clock = /((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.(\d{1,9}))?)?)/;
const zone = /(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)/;
const form = new RegExp(`^${day.source}(?:[T ]${clock.source}${zone.source}?)?$`);

/**
 * A schema for the time of an entry: milliseconds since 1970, or text in ISO 8601 such as `2026-01-31` or
 * `2026-01-31T12:00:00.5+01:00`. Text may lack the zone, as clients of the earlier API send such times.
 */
export const entryTime = (): Joi.AlternativesSchema<string | number> =>
  Joi.alternatives<string | number>(milliseconds(), isoText());

/**
 * The schema for such a time in a request: it also refuses days that do not exist, such as `2026-02-30`. Logs may have
 * them from earlier versions.
 */
export const givenEntryTime = (): Joi.AlternativesSchema<string | number> =>
  Joi.alternatives<string | number>(
    milliseconds(),
    isoText()
      .pattern(noDay, { invert: true, name: 'must be a day that exists' })
      .messages({ 'string.pattern.invert.name': '{{#label}} {{#name}}' }),
  );

const milliseconds = () => Joi.number().min(0).unit('ms since 1970');

const isoText = () =>
  Joi.string()
    .pattern(form, { name: 'must be a time in ISO 8601' })
    .messages({ 'string.pattern.name': '{{#label}} {{#name}}' });

const leapYear = /(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)/;
const noDay = new RegExp(`^(?:\\d{4}-(?:02-3\\d|(?:02|04|06|09|11)-31)|(?!${leapYear.source})\\d{4}-02-29)`);

/**
 * Returns a time of this schema in milliseconds since 1970, with their fraction as far as a double has it: to the
 * microsecond in this century. Text without a zone is in UTC, wherever this runs, as all sites must have one order of
 * the entries. NaN for other text.
 */
export const readEntryTime = (time: string | number): number => {
  if (typeof time === 'number') return time;
  const [, ofDay, ofClock = '00:00', fraction = '', ofZone = 'Z'] = form.exec(time) ?? [];
  // `Date.parse` would read a time without a zone in that of the machine, and no offset without minutes and a colon
  const offset = ofZone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  return Date.parse(`${ofDay}T${ofClock}${offset}`) + Number(`0.${fraction.slice(3)}0`);
};
