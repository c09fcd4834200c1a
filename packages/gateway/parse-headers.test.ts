import { expect } from 'chai';
import { type ParsedNumber, parseIfMatch, parseMinVersion, parseQueryInteger } from './parse-headers.ts';
import { contextOf } from './test-gateway.ts';

const numberOrFaults = (parsed: ParsedNumber) => (parsed.kind === 'number' ? parsed.value : parsed.faults);
const ifMatch = (text: string) => numberOrFaults(parseIfMatch(text));
const minVersion = (text: string) => numberOrFaults(parseMinVersion(text));
const limit = (query: string) =>
  numberOrFaults(parseQueryInteger(contextOf(`/?${query}`).query, 'limit', 100, 1, 1_000));

const faultWith = (detail: string, pointer = '') => [{ pointer, detail }];

describe('If-Match', () => {
  it('has no version when it is missing, empty or *', () => {
    expect(numberOrFaults(parseIfMatch(''))).to.equal(undefined);
    for (const text of ['', ' ', '*', ' * ']) expect(ifMatch(text), text).to.equal(undefined);
  });

  it('has the version of its ETag', () => {
    for (const [text, version] of [
      ['"3"', 3],
      [' "3" ', 3],
      ['"0"', 0],
      ['"4294967295"', 4_294_967_295],
    ] as const)
      expect(ifMatch(text), text).to.equal(version);
  });

  it('is a fault in any other form, and the fault shows at most 80 characters of it', () => {
    for (const text of ['3', 'W/"3"', '"3", "4"', '"-1"', '"3.5"', '"12345678901"', '""', '"x"']) {
      const detail = `the header If-Match must be one ETag such as "3", not ${JSON.stringify(text)}`;
      expect(ifMatch(text), text).to.deep.equal(faultWith(detail));
    }
    expect(JSON.stringify(ifMatch('x'.repeat(500))))
      .to.contain('x'.repeat(80))
      .and.not.contain('x'.repeat(81));
  });
});

describe('Muster-Min-Version', () => {
  it('has no version when it is missing or empty', () => {
    expect(numberOrFaults(parseMinVersion(''))).to.equal(undefined);
    expect(minVersion(' ')).to.equal(undefined);
  });

  it('has a version of at most nine digits', () => {
    for (const [text, version] of [
      ['3', 3],
      [' 3 ', 3],
      ['007', 7],
      ['999999999', 999_999_999],
    ] as const)
      expect(minVersion(text), text).to.equal(version);
  });

  it('is a fault in any other form', () => {
    for (const text of ['"3"', '-1', '1.5', '1e3', '1234567890', '*', '0x1']) {
      const detail = `the header Muster-Min-Version must be a version such as 3, not ${JSON.stringify(text)}`;
      expect(minVersion(text), text).to.deep.equal(faultWith(detail));
    }
  });
});

describe('A number in the query', () => {
  it('is the fallback when it is missing', () => expect(limit('offset=5')).to.equal(100));

  it('is parsed within its bounds', () => {
    for (const [query, value] of [
      ['limit=1', 1],
      ['limit=1000', 1_000],
      ['limit=007', 7],
    ] as const)
      expect(limit(query), query).to.equal(value);
  });

  it('is a fault outside its bounds, when given twice, or in any other form', () => {
    for (const [query, shown] of [
      ...[
        ['limit=0', '"0"'],
        ['limit=1001', '"1001"'],
        ['limit=-1', '"-1"'],
        ['limit=1.5', '"1.5"'],
        ['limit=', '""'],
      ],
      ...[
        ['limit=1&limit=2', '["1","2"]'],
        ['limit=1e3', '"1e3"'],
        ['limit=%31%20', '"1 "'],
      ],
    ] as const) {
      const detail = `"limit" must be an integer from 1 to 1000, not ${shown}`;
      expect(limit(query), query).to.deep.equal(faultWith(detail, '/limit'));
    }
    expect(limit(`limit=${'9'.repeat(16)}`)).to.be.an('array');
  });
});
