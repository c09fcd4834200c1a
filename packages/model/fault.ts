/**
 * A fault in what was sent: where (a JSON pointer into the body), which kind, and what in words. `place`: where else it
 * was found, if it was not in the body.
 */
export type Fault = { pointer: string; code: FaultCode; detail: string; place?: FaultPlace };

/** The path of the address, or a header of this name. Parameters of the address need no place. */
export type FaultPlace = 'path' | { header: string };

/** The kind of a fault. Clients may rely on these words: a release adds some, and never changes one. */
export type FaultCode = keyof typeof faultCodes;

/** What each code of a fault means. */
export const faultCodes = {
  required: 'the field is missing',
  'unknown-field': 'there is no such field',
  'not-allowed': 'the value is not one of those that are allowed',
  'wrong-type': 'the value has none of the possible types',
  'not-a-string': 'the value must be a text',
  'not-a-number': 'the value must be a number',
  'not-a-boolean': 'the value must be true or false',
  'not-a-date': 'the value must be a date in ISO 8601',
  'not-a-list': 'the value must be a list',
  'not-an-object': 'the value must be an object',
  empty: 'the text is empty',
  'too-short': 'the text is too short',
  'too-long': 'the text is too long',
  'wrong-length': 'the text, list or object must have another length',
  'wrong-format': 'the text does not have the required form',
  'not-an-email': 'the text must be an e-mail address',
  'not-a-uuid': 'the text must be a UUID',
  'not-a-uri': 'the text must be a URI',
  'not-a-hostname': 'the text must be the name of a host or domain',
  'not-an-ip-address': 'the text must be an IP address',
  'not-a-duration': 'the text must be a duration in ISO 8601',
  'not-an-integer': 'the number must be an integer',
  'too-small': 'the number is too small',
  'too-large': 'the number is too large',
  'too-precise': 'the number has too many decimals',
  'not-a-multiple': 'the number must be a multiple of another one',
  'not-a-port': 'the number must be a port',
  'unsafe-number': 'a number of this size cannot be kept exactly',
  'too-early': 'the date is too early',
  'too-late': 'the date is too late',
  'too-few': 'the list or object has too few members',
  'too-many': 'the list or object has too many members',
  'missing-item': 'the list lacks an item that it must have',
  duplicate: 'the list has a value twice',
  'wrong-order': 'the list must be in another order',
  'conflicting-fields': 'these fields exclude each other',
  'repeated-key': 'the object has this key twice',
  'unsafe-key': 'a key has a meaning for the database or for JavaScript, such as $where',
  'unsafe-text': 'the text is not well-formed Unicode',
  'too-deep': 'the value has too many levels',
  'nothing-to-update': 'the request names no field to change',
  'unusable-reference': 'the value names a thing that does not exist, was deleted, or does not allow this',
  'other-id': 'the address, the body and the rest of the input name different things',
  'more-faults': 'there are more faults than the answer lists',
  'unreadable-body': 'the body cannot be read as JSON in UTF-8',
  'invalid-header': 'a header does not have the required form',
  'unknown-parameter': 'there is no such parameter of the address',
  'invalid-parameter': 'a parameter of the address does not have the required form',
  'not-combinable': 'these parameters or headers cannot be combined',
  'invalid-message': 'a message on a WebSocket does not have the required form',
  'invalid-address': 'the address of the request is not a URL',
  invalid: 'the value does not keep a rule that has no code of its own',
} as const;
