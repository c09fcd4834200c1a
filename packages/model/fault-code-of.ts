import type { FaultCode } from './fault.ts';
import { isLengthRule } from './line-of-text.ts';

/** Returns the code for an error of Joi, such as `string.max`. A pattern may have a name. */
export const faultCodeOf = (joiType: string, patternName?: unknown): FaultCode =>
  isLengthRule(patternName) ? 'too-long' : (codes.get(joiType) ?? 'invalid');

const joiTypes: Partial<Record<FaultCode, readonly string[]>> = {
  required: ['any.required', 'object.and', 'object.missing', 'object.with'],
  'unknown-field': ['any.unknown', 'object.unknown'],
  'not-allowed': [
    ...['any.only', 'any.invalid', 'array.includes', 'array.excludes', 'object.pattern.match'],
    ...['alternatives.all', 'alternatives.any', 'alternatives.match', 'alternatives.one'],
  ],
  'wrong-type': ['alternatives.types'],
  'not-a-string': ['string.base'],
  'not-a-number': ['number.base'],
  'not-a-boolean': ['boolean.base'],
  'not-a-date': ['date.base', 'date.format', 'date.format.iso', 'date.format.javascript', 'string.isoDate'],
  'not-a-list': ['array.base'],
  'not-an-object': ['object.base'],
  empty: ['string.empty'],
  'too-short': ['string.min'],
  'too-long': ['string.max'],
  'wrong-length': ['string.length', 'array.length', 'object.length'],
  'wrong-format': [
    ...['string.pattern.base', 'string.pattern.name', 'string.pattern.invert.base', 'string.pattern.invert.name'],
    ...['string.alphanum', 'string.token', 'string.hex', 'string.hexAlign', 'string.base64', 'string.dataUri'],
    ...['string.creditCard', 'string.normalize', 'string.trim', 'string.lowercase', 'string.uppercase'],
  ],
  'not-an-email': ['string.email'],
  'not-a-uuid': ['string.guid'],
  'not-a-uri': ['string.uri', 'string.uriCustomScheme', 'string.uriRelativeOnly'],
  'not-a-hostname': ['string.hostname', 'string.domain'],
  'not-an-ip-address': ['string.ip', 'string.ipVersion'],
  'not-a-duration': ['string.isoDuration'],
  'not-an-integer': ['number.integer'],
  'too-small': ['number.min', 'number.greater', 'number.positive'],
  'too-large': ['number.max', 'number.less', 'number.negative'],
  'too-precise': ['number.precision'],
  'not-a-multiple': ['number.multiple'],
  'not-a-port': ['number.port'],
  'unsafe-number': ['number.unsafe', 'number.infinity'],
  'too-early': ['date.min', 'date.greater'],
  'too-late': ['date.max', 'date.less'],
  'too-few': ['array.min', 'object.min'],
  'too-many': ['array.max', 'array.orderedLength', 'object.max'],
  'missing-item': [
    ...['array.hasKnown', 'array.hasUnknown', 'array.includesRequiredBoth', 'array.includesRequiredKnowns'],
    ...['array.includesRequiredUnknowns', 'array.sparse'],
  ],
  duplicate: ['array.unique'],
  'wrong-order': ['array.sort'],
  'conflicting-fields': ['object.nand', 'object.oxor', 'object.without', 'object.xor'],
};

const codes = new Map<string, FaultCode>(
  Object.entries(joiTypes).flatMap(([code, types]) => types.map((type) => [type, code as FaultCode] as const)),
);
