import type { EngineProblemName } from '@muster/model';

/** What is the same of every answer with this problem, and what its page says. */
export type ProblemKind = Readonly<{
  status: number;
  title: string; // `{entity}` stands for the name of the entity
  happened: string;
  why: string;
  todo: string;
  curl: string; // `{path}` stands for the address of an entity, such as /api/user
  headers?: readonly string[]; // of the answer, beside those that every answer has
}>;

const url = 'http://localhost:3000';
const json = "-H 'Content-Type: application/json'";
const ofThing = ['ETag', 'Muster-Source', 'Muster-Lag-Ms'] as const;

/** Every problem that the engine answers with. Those that an entity declares are in the entity. */
export const problems: Readonly<Record<EngineProblemName, ProblemKind>> = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid HTTP',
    happened: 'The gateway could not read the request, and closed the connection. Nothing has changed.',
    why: 'The bytes are not a request of HTTP/1.1, or the header Host is missing. "detail" says what was found.',
    todo: 'Send the request with an HTTP client, such as curl. Behind a proxy, look at what the proxy sends.',
    curl: `curl -i ${url}{path}/count`,
  },
  'invalid-input': {
    status: 400,
    title: 'The request has invalid input',
    happened: 'The request was refused. Nothing has changed.',
    why: 'A field, an id, a parameter, a header or the address is not allowed. "errors" lists the faults.',
    todo: 'Correct each fault in "errors": "pointer" says where it is in the body, and "code" what is wrong.',
    curl: `curl -i ${json} -d '{"id":"not an id"}' ${url}{path}`,
  },
  'invalid-body': {
    status: 400,
    title: 'The body cannot be read as JSON',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The body is not JSON in UTF-8, is not what Content-Encoding says, or did not arrive completely.',
    todo: 'Send one JSON object in UTF-8. "detail" says where the body goes wrong.',
    curl: `curl -i ${json} -d '{"id":' ${url}{path}`,
  },
  'invalid-document': {
    status: 400,
    title: 'The body is no JSON:API document that fits this address',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The body is sent as JSON:API, and lacks a part of a document, or has a part that is not supported.',
    todo: 'Correct the part that the pointer names, or send the fields as application/json.',
    curl: `curl -i -H 'Content-Type: application/vnd.api+json' -d '{"data":{}}' ${url}{path}`,
  },
  'out-of-reach': {
    status: 400,
    title: 'The request needs more work than is allowed',
    happened: 'The request was refused.',
    why: 'The question about the past needs more events than one request may read or apply.',
    todo: 'Ask for less. "detail" names the limit, and what can be asked instead.',
    curl: `curl -i '${url}{path}/some-id/history?changes=false'`,
    headers: ofThing,
  },
  'other-type': {
    status: 409,
    title: 'The document is of another type',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The member "type" of the JSON:API document does not name the entity of this address.',
    todo: 'Send the name of the entity as the type, or choose its address.',
    curl: `curl -i -H 'Content-Type: application/vnd.api+json' -d '{"data":{"type":"other"}}' ${url}{path}`,
  },
  'key-required': {
    status: 401,
    title: 'The request needs a valid API key',
    happened: 'The request was refused. Nothing has changed.',
    why: 'There is no key in the header Authorization, or none that is known, has not expired and was not revoked.',
    todo: 'Ask whoever runs the service for a key, and send it with each request.',
    curl: `curl -i -H 'Authorization: Bearer KEY' ${url}{path}/count`,
    headers: ['WWW-Authenticate'],
  },
  'scope-too-small': {
    status: 403,
    title: 'The API key does not allow this',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The key may only read, and the request writes.',
    todo: 'Use a key with the scope write.',
    curl: `curl -i -H 'Authorization: Bearer KEY' ${url}{path}/count`,
    headers: ['WWW-Authenticate'],
  },
  'not-found': {
    status: 404,
    title: 'The {entity} was not found',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The log has no event of a thing with this id. It does not exist, and never did.',
    todo: 'Check the id, or create the thing.',
    curl: `curl -i ${url}{path}/never-created`,
    headers: ['Muster-Source', 'Muster-Lag-Ms'],
  },
  'no-such-route': {
    status: 404,
    title: 'There is nothing at this address',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The service has no such address. Addresses are case-sensitive.',
    todo: 'Choose an address from /docs or /openapi.json.',
    curl: `curl -i ${url}/api/nothing`,
  },
  'no-such-command': {
    status: 404,
    title: 'The {entity} does not have that command',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The entity has no command of the name after the colon, or it is the one that creates.',
    todo: 'Choose a command from "commands". The creating one is POST to the address of the entity.',
    curl: `curl -i -X POST ${url}{path}/some-id:no-such-command`,
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not know that method',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The address exists, but not with this method.',
    todo: 'Choose a method from the header Allow.',
    curl: `curl -i -X TRACE ${url}{path}/count`,
    headers: ['Allow', 'Accept-Patch'],
  },
  'not-acceptable': {
    status: 406,
    title: 'The service has no extension of JSON:API',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The header Accept names JSON:API only with an extension or another parameter.',
    todo: 'Name application/vnd.api+json without parameters, or application/json.',
    curl: `curl -i -H 'Accept: application/vnd.api+json' ${url}{path}/count`,
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    happened: 'The gateway closed the connection. Nothing has changed.',
    why: 'The head of the request took longer than 10 seconds, or the whole request longer than 30 seconds.',
    todo: 'Send the request again, on a new connection. If it comes again, the network between is too slow.',
    curl: `curl -i ${url}{path}/count`,
  },
  exists: {
    status: 409,
    title: 'The {entity} exists or existed',
    happened: 'The thing was not created. Nothing has changed.',
    why: 'The id in the body is taken. The id of a deleted thing cannot be used again.',
    todo: 'Choose another id, leave the id out to get a new one, or change the existing thing.',
    curl: `curl -i ${url}{path}/some-id`,
    headers: ofThing,
  },
  deleted: {
    status: 410,
    title: 'The {entity} was deleted',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The thing was deleted, at the version in "version". It stays deleted.',
    todo: 'Create a new thing with another id, if you need one.',
    curl: `curl -i ${url}{path}/some-id`,
    headers: ofThing,
  },
  'other-version': {
    status: 412,
    title: 'The {entity} has another version',
    happened: 'The request was refused. Nothing has changed.',
    why: 'If-Match or If-None-Match does not hold: somebody else has changed, created or deleted the thing.',
    todo: 'Read the thing, decide again, and send the new ETag in If-Match.',
    curl: `curl -i ${url}{path}/some-id`,
    headers: ofThing,
  },
  'no-such-version': {
    status: 412,
    title: 'The {entity} does not have that version',
    happened: 'The read was refused.',
    why: 'Muster-Min-Version asks for a version that the log does not have.',
    todo: 'Ask for a version that an ETag has returned before.',
    curl: `curl -i -H 'Muster-Min-Version: 1' ${url}{path}/some-id`,
    headers: ofThing,
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The body is larger than 64 KiB, as it was sent or after decompression.',
    todo: 'Send less. Store large data elsewhere, and keep its address in the field.',
    curl: `head -c 70000 /dev/zero | curl -i ${json} --data-binary @- ${url}{path}`,
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The type of the body is not supported',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The body is not JSON, not in UTF-8, or compressed in a way that the gateway does not know.',
    todo: 'Send Content-Type: application/json without a charset, and one of the encodings in Accept-Encoding or none.',
    curl: `curl -i ${json} -d '{}' ${url}{path}`,
    headers: ['Accept-Encoding', 'Accept-Patch'],
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation of the request is not known',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The header Expect has another value than 100-continue.',
    todo: 'Leave the header out.',
    curl: `curl -i -H 'Expect: 100-continue' ${url}{path}/count`,
  },
  'precondition-required': {
    status: 428,
    title: 'This service writes only under a condition',
    happened: 'The request was refused. Nothing has changed.',
    why: 'The service is set to demand If-Match or If-None-Match with each write on one thing.',
    todo: 'Read the thing, and send its ETag as If-Match. So no change of somebody else is lost.',
    curl: `curl -i -X DELETE -H 'If-Match: "1"' ${url}{path}/some-id`,
  },
  'too-many-requests': {
    status: 429,
    title: 'The client sent too many requests',
    happened: 'The request was refused. Nothing has changed.',
    why: 'This client has sent more requests than the service allows. RateLimit-Policy says how many.',
    todo: 'Send the next request after the time in Retry-After.',
    curl: `curl -i ${url}{path}/count`,
    headers: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  },
  'head-too-large': {
    status: 431,
    title: 'The head of the request is too large',
    happened: 'The gateway did not read the request, and closed the connection. Nothing has changed.',
    why: 'The address and the headers together are larger than 16 KiB.',
    todo: 'Send fewer or shorter headers. Often the cookies of other programs on the same host are the reason.',
    curl: `curl -i ${url}{path}/count`,
  },
  fault: {
    status: 500,
    title: 'The service has a fault',
    happened: 'The request failed. If "written" says so, the command is done all the same.',
    why: 'The program of the service or of the entity has a fault. The log of the gateway has more under "requestId".',
    todo: 'Report the requestId to whoever runs the service. Read the thing before you repeat a command.',
    curl: `curl -i ${url}{path}/some-id`,
    headers: ofThing,
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer at the moment',
    happened: 'The request was not answered. For a command, "written" says what became of it.',
    why: 'The database does not answer, too many requests are at work, or an event cannot be understood.',
    todo:
      'Try again after the time in Retry-After. With "written": "notWritten" nothing has changed. ' +
      'With "unknown", read the thing first: the command may be done.',
    curl: `curl -i ${url}{path}/some-id`,
    headers: ['Retry-After', 'Muster-Parked', ...ofThing],
  },
};
