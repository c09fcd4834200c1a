import { expect } from 'chai';
import fc from 'fast-check';
import { applyChange, openLiveList, showList } from './live-list.ts';
import type { ChangeKind, ListChange } from './subscription.ts';

type Item = { id: string; n: number };
type Step = { kind: ChangeKind; where: number; to: number };

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<ChangeKind>('added', 'changed', 'removed', 'moved', 'list'),
    where: fc.nat(),
    to: fc.nat(),
  }),
  { maxLength: 40 },
);

/** Does a step with a list as a server has it. Returns the new list, and what a client is told. */
const doStep = (items: readonly Item[], { kind, where, to }: Step, n: number): [Item[], ChangeKind, ListChange] => {
  const at = items.length === 0 ? 0 : where % items.length;
  const held = items[at];
  const item = { id: held?.id ?? '', n };
  const added = { id: `i${n}`, n };
  if (kind === 'list') return [[...items], kind, { items }];
  if (kind === 'added' || !held) {
    const place = where % (items.length + 1);
    return [[...items.slice(0, place), added, ...items.slice(place)], 'added', { at: place, item: added }];
  }
  const without = items.filter((_, index) => index !== at);
  if (kind === 'removed') return [without, kind, { at, id: held.id }];
  if (kind === 'changed') return [items.map((one, index) => (index === at ? item : one)), kind, { at, item }];
  const place = to % items.length;
  return [[...without.slice(0, place), item, ...without.slice(place)], kind, { from: at, to: place, item }];
};

describe('A live list', () => {
  it('is the list of the server after any changes', () =>
    fc.assert(
      fc.property(steps, (all) => {
        const list = openLiveList();
        applyChange(list, 'list', { items: [] });
        let items: Item[] = [];
        for (const [n, step] of all.entries()) {
          const [next, kind, change] = doStep(items, step, n);
          items = next;
          expect(applyChange(list, kind, change)).to.equal(true);
        }
        expect(showList(list, undefined)).to.deep.equal(items);
      }),
    ));

  it('refuses a change that does not fit', () => {
    const item = { id: 'c' };
    const unfit: [ChangeKind, ListChange][] = [
      ['added', { at: 3, item }],
      ['added', { at: -1, item }],
      ['added', { item }],
      ['changed', { at: 2, item }],
      ['changed', { at: 0, item }],
      ['removed', { at: 0, id: 'b' }],
      ['removed', { at: 0.5, id: 'a' }],
      ['moved', { from: 0, to: 2, item: { id: 'a' } }],
      ['moved', { from: 0, to: 1, item: { id: 'b' } }],
      ['list', {}],
    ];
    for (const [kind, change] of unfit) {
      const list = openLiveList();
      expect(applyChange(list, 'list', { items: [{ id: 'a' }, { id: 'b' }] })).to.equal(true);
      expect(applyChange(list, kind, change), JSON.stringify([kind, change])).to.equal(false);
    }
    expect(applyChange(openLiveList(), 'added', { at: 0, item })).to.equal(false); // before the list
  });

  it('shows a new frozen list only if something is new', () => {
    const list = openLiveList();
    expect(showList(list, undefined)).to.equal(undefined);
    applyChange(list, 'list', { items: [{ id: 'a' }] });
    const first = showList(list, undefined);
    expect(showList(list, undefined)).to.equal(undefined);
    expect(showList(list, '2026-11-27T10:00:00Z')).to.deep.equal(first);
    expect(showList(list, '2026-11-27T10:00:00Z')).to.equal(undefined);
    applyChange(list, 'removed', { at: 0, id: 'a' });
    const second = showList(list, undefined);
    expect([first, second]).to.deep.equal([[{ id: 'a' }], []]);
    expect(Object.isFrozen(second)).to.equal(true);
  });
});
