import { engineProblemNames, faultCodes, problemNameOf } from '@muster/model';
import { expect } from 'chai';
import { account } from '../../examples/bank-account/account.ts';
import { openExchange } from './exchange.ts';
import { answerProblem, type Problem } from './problem.ts';
import { pagePolicy, problemPages, writeProblemList, writeProblemPage } from './problem-page.ts';
import { problems } from './problems.ts';
import { refused } from './thing-problems.ts';

const pages = problemPages([account]);

const answerOf = (problem: Problem) => {
  const exchange = openExchange({ requestId: 'request-1' });
  answerProblem(exchange, problem);
  return { status: exchange.status, body: JSON.parse(String(exchange.body)) };
};
const pageOf = (type: string) => pages.find((page) => page.type === type);

describe('Every problem', () => {
  it('that the engine can answer with has a page with the same status', () => {
    for (const name of engineProblemNames) {
      const { status, body } = answerOf({ name, entity: 'thing', detail: 'why' });
      expect(pageOf(body.type), name).to.include({ status, title: body.title });
    }
    expect(Object.keys(problems).sort()).to.deep.equal([...engineProblemNames].sort());
  });

  it('that an entity declares has a page with the same status and title', () => {
    const state = { status: 'active', version: 3, fields: {}, createdAt: new Date(), updatedAt: new Date() } as const;
    for (const reason of account.refusals.keys()) {
      const refusal = { kind: 'declared', reason, detail: undefined } as const;
      const { status, body } = answerOf(refused(account, 'a', refusal, state, ''));
      expect(pageOf(body.type), reason).to.include({ status, title: body.title, entity: 'account' });
    }
  });

  it('says what happened, why, what to do, and has a curl line', () => {
    for (const { type, happened, why, todo, curl } of pages) {
      expect(
        [happened, why, todo].filter((text) => !text.endsWith('.')),
        type,
      ).to.deep.equal([]);
      expect(curl, type)
        .to.match(/^(.* \| )?curl .*http:\/\/localhost:3000\//)
        .and.not.to.include('{path}');
    }
    expect(pageOf('/problems/invalid-input')?.codes).to.deep.equal(faultCodes);
  });

  it('has a name in kebab case, of which no two are alike', () => {
    const types = pages.map(({ type }) => type);
    expect(types.filter((type) => !/^\/problems\/[a-z0-9]+(-[a-z0-9]+)*$/.test(type))).to.deep.equal([]);
    expect(new Set(types).size).to.equal(types.length);
    expect(problemNameOf('InsufficientFunds')).to.equal('insufficient-funds');
  });
});

describe('The page of a problem', () => {
  it('is HTML without scripts, and shows texts of an entity as texts', () => {
    const [first] = pages;
    const html = writeProblemPage([{ ...(first as (typeof pages)[number]), title: '<script>alert("&")</script>' }]);
    expect(html).to.include('&lt;script&gt;alert(&quot;&amp;&quot;)').and.not.to.include('<script');
    expect(pagePolicy).to.match(/^default-src 'none';style-src 'sha256-[\w+/=]{44}'/);
  });

  it('is named in the list of all problems', () => {
    for (const { type } of pages) expect(writeProblemList(pages)).to.include(`href="${type}"`);
  });
});
