import { expect } from 'chai';
import fc from 'fast-check';
import { clearVersions, findVersion, noteVersion, openRecentVersions } from './recent-versions.ts';

const anyNote = fc.record({ key: fc.nat({ max: 30 }).map(String), version: fc.nat({ max: 9 }) });

describe('The table of recent versions', () => {
  it('has the same streams and versions as a map in the order of the last notes', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.option(anyNote, { freq: 40 })), (most, notes) => {
        const recent = openRecentVersions(most);
        const model = new Map<string, { version: number; at: number }>();
        for (const [at, note] of notes.entries()) {
          if (!note) {
            clearVersions(recent);
            model.clear();
            continue;
          }
          const { key, version } = note;
          const known = model.get(key);
          model.delete(key);
          model.set(key, { version: Math.max(version, known?.version ?? 0), at });
          if (model.size > most) model.delete(model.keys().next().value as string);
          noteVersion(recent, key, version, at);
          for (let other = 0; other <= 30; other += 1)
            expect(findVersion(recent, String(other))).to.deep.equal(model.get(String(other)));
          expect(recent.size).to.equal(model.size);
        }
      }),
    ));
});
