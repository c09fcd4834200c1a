import { expect } from 'chai';
import { type ParsedNumber, parseMinVersion, parsePrecondition, parseQueryInteger } from './parse-headers.ts';
import { contextOf } from './test-gateway.ts';

const numberOrFaults = (parsed: ParsedNumber) => (parsed.kind === 'number' ? parsed.value : parsed.faults);
const precondition = (conditions: { ifMatch?: string; ifNoneMatch?: string }) => {
  const parsed = parsePrecondition({ ifMatch: '', ifNoneMatch: '', ...conditions });
  return parsed.kind === 'precondition' ? parsed.value : parsed.faults;
};
const minVersion = (text: string) => numberOrFaults(parseMinVersion(text));
const limit = (query: string) =>
  numberOrFaults(parseQueryInteger(contextOf(`/?${query}`).query, 'limit', 100, 1, 1_000));

const faultWith = (detail: string, pointer = '') => [
  { pointer, code: pointer === '' ? 'invalid-header' : 'invalid-parameter', detail, ...placeIn(detail) },
];

const placeIn = (detail: string) => {
  const [, header] = /^the header (\S+)/.exec(detail) ?? [];
  return header === undefined ? {} : { place: { header } };
};

describe('If-Match and If-None-Match', () => {
  it('are no precondition when they are missing or blank', () => {
    expect(precondition({})).to.equal(undefined);
    expect(precondition({ ifMatch: ' ', ifNoneMatch: '\t' })).to.equal(undefined);
  });

  it('name any version, or those of their ETags', () => {
    for (const [text, tags] of [
      ['*', 'any'],
      [' * ', 'any'],
      ['"3"', [3]],
      ['"3", "4"', [3, 4]],
      [' "3" ,\t"4" ', [3, 4]],
      [',"3",,"4",', [3, 4]],
      ['"4294967295"', [4_294_967_295]],
    ] as const) {
      expect(precondition({ ifMatch: text }), text).to.deep.equal({ match: tags });
      expect(precondition({ ifNoneMatch: text }), text).to.deep.equal({ noneMatch: tags });
    }
    expect(precondition({ ifMatch: '"3"', ifNoneMatch: '*' })).to.deep.equal({ match: [3], noneMatch: 'any' });
  });

  it('may have ETags that no thing has', () => {
    for (const text of ['""', '"x"', '"0"', '"03"', '"3.5"', '"-1"', '"12345678901"', '"a,b"', '"é"'])
      expect(precondition({ ifMatch: text }), text).to.deep.equal({ match: [] });
    expect(precondition({ ifMatch: '"x", "3"' })).to.deep.equal({ match: [3] });
  });

  it('compare weak ETags only in If-None-Match (RFC 9110, 8.8.3.2)', () => {
    expect(precondition({ ifMatch: 'W/"3", "4"' })).to.deep.equal({ match: [4] });
    expect(precondition({ ifNoneMatch: 'W/"3", "4"' })).to.deep.equal({ noneMatch: [3, 4] });
  });

  it('are a fault in any other form, and the fault shows at most 80 characters of it', () => {
    for (const text of ['3', 'w/"3"', '"3" "4"', '"3', '3"', '*, "3"', '"3", *', ',', '"a b"', '"3";', 'W/ "3"']) {
      const detail = (name: string) => `the header ${name} must be * or ETags such as "3", not ${JSON.stringify(text)}`;
      expect(precondition({ ifMatch: text }), text).to.deep.equal(faultWith(detail('If-Match')));
      expect(precondition({ ifNoneMatch: text }), text).to.deep.equal(faultWith(detail('If-None-Match')));
    }
    expect(JSON.stringify(precondition({ ifMatch: 'x'.repeat(500) })))
      .to.contain('x'.repeat(80))
      .and.not.contain('x'.repeat(81));
  });

  it('are parsed in a time that grows with their length only', () => {
    for (const text of [','.repeat(16_000), '"'.repeat(16_001), `${' '.repeat(16_000)}"3`, '"1",'.repeat(4_000)]) {
      const startedAt = performance.now();
      precondition({ ifMatch: text });
      expect(performance.now() - startedAt, text.slice(0, 4)).to.be.below(1_000);
    }
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
