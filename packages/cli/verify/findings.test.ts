import { expect } from 'chai';
import { describeFindings } from './describe-findings.ts';
import { type Findings, findUnknown, noteDifference, openFindings } from './findings.ts';

const about = { entities: [], letters: 0, partitions: 1, memory: false, seconds: 1 };
const difference = { what: 'It differs', where: 'here', expected: 'a', found: 'b' };

const withParked = (...entities: string[]): Findings => ({
  ...openFindings(),
  parked: entities.map((entity) => ({ entity, id: 'x', version: 1, problem: 'it is parked' })),
});

describe('The entities of the log that verify was not given', () => {
  it('are named, with what to do, if something differs', () => {
    const findings = withParked('record', 'message', 'record', 'user');
    noteDifference(findings, difference);
    expect(findUnknown(findings, [{ name: 'user' }])).to.deep.equal(['message', 'record']);
    expect(describeFindings(findings, about)).to.match(/events of message, record, user, which .*ENTITIES=all/);
  });

  it('are nothing to say if all is equal, as where the system parks them, too', () => {
    const findings = withParked('car');
    expect(findUnknown(findings, [])).to.deep.equal([]);
    expect(describeFindings(findings, about)).to.not.include('ENTITIES');
  });
});
