import { expect } from 'chai';
import { liveScript, writeLivePage } from './live-page.ts';

describe('The live page', () => {
  it('offers each entity with its address', () => {
    const page = writeLivePage([
      { name: 'user', path: '/api/user' },
      { name: 'asset', path: '/api/v1/assets' },
    ]);
    expect(page).to.include('<option data-path="/api/user">user</option>');
    expect(page).to.include('<option data-path="/api/v1/assets">asset</option>');
    expect(page).not.to.match(/<script>|onclick=|javascript:/); // its policy allows files only
  });

  it('has a script that is JavaScript, and never writes HTML', () => {
    expect(() => new Function(liveScript)).not.to.throw();
    expect(liveScript).not.to.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
  });
});
