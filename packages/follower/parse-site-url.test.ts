import { expect } from 'chai';
import { parseSiteUrl } from './parse-site-url.ts';

const urlOf = (text: string) => {
  const parsed = parseSiteUrl(text);
  return parsed.kind === 'url' ? parsed.url : undefined;
};
const problemOf = (text: string) => {
  const parsed = parseSiteUrl(text);
  return parsed.kind === 'problem' ? parsed.problem : '';
};

describe('The address of a site', () => {
  it('is stored in one form, however it is written', () => {
    for (const text of ['https://oslo.example.com', 'https://oslo.example.com/', 'HTTPS://Oslo.Example.com:443///'])
      expect(urlOf(text), text).to.equal('https://oslo.example.com');
    expect(urlOf('http://127.0.0.1:8080')).to.equal('http://127.0.0.1:8080');
    expect(urlOf('https://example.com/oslo/')).to.equal('https://example.com/oslo');
  });

  it('is refused if it is no URL, or one that the feed cannot be read from', () => {
    for (const text of ['', 'oslo', 'oslo.example.com', '//oslo', 'https://'])
      expect(problemOf(text), text).to.equal(`${JSON.stringify(text)} is no URL, such as https://oslo.example.com`);
    for (const text of ['ftp://oslo', 'mongodb://oslo', 'oslo:8080', 'file:///etc'])
      expect(problemOf(text), text).to.equal(`${JSON.stringify(text)} must begin with https or http`);
    for (const text of ['https://oslo?x=1', 'https://oslo/#top'])
      expect(problemOf(text), text).to.contain('has a query or a fragment: leave them out');
  });

  it('has no password, and a problem never shows one', () => {
    for (const text of [
      'https://ada:hunter2@oslo',
      'https://hunter2@oslo',
      'https://ada:hunter2@oslo?x=1',
      'ftp://ada:hunter2@oslo',
      'https://ada:hunter2@',
      'https://ada:hunter2@os lo',
      'ada:hunter2@oslo',
    ]) {
      expect(problemOf(text), text).not.to.equal('');
      expect(problemOf(text), text).not.to.contain('hunter2');
    }
    expect(problemOf('https://ada:hunter2@oslo')).to.equal(
      'the URL of oslo has a password: put its key into SITE_KEYS',
    );
  });

  it('is shown shortened in a problem', () => expect(problemOf('x'.repeat(10_000)).length).to.be.below(300));
});
