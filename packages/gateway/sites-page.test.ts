import { expect } from 'chai';
import { siteOriginsOf, sitesScript, writeSitesPage } from './sites-page.ts';

describe('The page of sites', () => {
  it('offers each entity with its address', () => {
    const page = writeSitesPage([
      { name: 'record', path: '/api/record' },
      { name: 'asset', path: '/api/v1/assets' },
    ]);
    expect(page).to.include('<option data-path="/api/record">record</option>');
    expect(page).to.include('<option data-path="/api/v1/assets">asset</option>');
    expect(page).not.to.match(/<script>|onclick=|javascript:/); // its policy allows files only
  });

  it('has a script that is JavaScript, and never writes HTML', () => {
    expect(() => new Function(sitesScript)).not.to.throw();
    expect(sitesScript).not.to.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
  });

  it('may connect to the sites in its address only', () => {
    expect(siteOriginsOf({})).to.deep.equal([]);
    expect(siteOriginsOf({ site: 'http://localhost:3000/' })).to.deep.equal(['http://localhost:3000']);
    const site = ['https://oslo.example.com/a', 'https://oslo.example.com/b', 'javascript:alert(1)', 'x; script-src *'];
    expect(siteOriginsOf({ site })).to.deep.equal(['https://oslo.example.com']);
    expect(siteOriginsOf({ site: Array.from({ length: 20 }, (_, index) => `http://s${index}`) })).to.have.length(8);
  });
});
