import { entities } from '@muster/entities';
import { expect } from 'chai';
import { compareConnections, type Difference, random } from './compare-connections.ts';
import { createOther, drawPieces, oddRequests, read, removeOther, update } from './odd-bytes.ts';
import { runInProcess } from './run-in-process.ts';

const idOf = (number: number) => `${number + 100}`; // with its first letter as long as {id}

describe('A connection that the gateway reads itself', function () {
  this.timeout(120_000);

  const compareAll = async (drawn: readonly string[][]): Promise<Difference[]> => {
    await using system = await runInProcess(entities, { aggregators: 1 });
    const differences: Difference[] = [];
    const waiting = drawn.map((pieces, number) => ({ pieces, id: idOf(number) }));
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const difference = await compareConnections(system.url, next.pieces, next.id);
        if (difference) differences.push(difference);
      }
    };
    await Promise.all(Array.from({ length: 12 }, work));
    return differences;
  };

  it('answers odd requests as Node does', async () => {
    expect(await compareAll(oddRequests.map((odd) => [odd]))).to.deep.equal([]);
  });

  it('answers requests that arrive together or in parts', async () => {
    const together = [createOther, read, removeOther, read];
    const inParts = [[...update], [...read], [update.slice(0, -1), '}'], [`${read}${read.slice(0, 9)}`, read.slice(9)]];
    expect(await compareAll([together, [together.join('')], ...inParts])).to.deep.equal([]);
  });

  it('answers changed and cut requests as Node does', async () => {
    const draw = random(7);
    expect(await compareAll(Array.from({ length: 250 }, () => drawPieces(draw)))).to.deep.equal([]);
  });
});
