import { expect } from 'chai';
import { countMessages, findTimes } from './count-messages.ts';

const messageOf = (time: string) => `id: x.66\ndata: {"specversion":"1.0","data":{"name":"t${time}","group":1}}\n\n`;
const bookmark = 'event: bookmark\ndata: {}\n\n';
const text = `retry: 2000\n\n${messageOf('1.250')}${bookmark}${messageOf('22.500')}${messageOf('3.000')}`;
const bytes = Buffer.from(text);

describe('The messages of a connection', () => {
  it('are counted, but not the bookmarks', () =>
    expect(countMessages(undefined, bytes)).to.deep.equal({ count: 3, rest: undefined }));
  it('are counted once, wherever their bytes are cut', () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const first = countMessages(undefined, bytes.subarray(0, cut));
      const second = countMessages(first.rest, bytes.subarray(cut));
      expect(first.count + second.count, `cut at ${cut}`).to.equal(3);
    }
  });
  it('are counted when each byte comes alone', () => {
    let [count, rest]: [number, Buffer | undefined] = [0, undefined];
    for (const byte of bytes) {
      const counted = countMessages(rest, Buffer.from([byte]));
      [count, rest] = [count + counted.count, counted.rest];
    }
    expect(count).to.equal(3);
  });
  it('keep no bytes of a buffer that is used again', () => {
    const shared = Buffer.from('data: {"specver');
    const { rest } = countMessages(undefined, shared);
    shared.fill(0);
    expect(countMessages(rest, Buffer.from('sion":"1.0"}')).count).to.equal(1);
  });
});

describe('The times in the messages of a connection', () => {
  it('are found once, wherever the text is cut', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const first = findTimes('', text.slice(0, cut));
      const second = findTimes(first.rest, text.slice(cut));
      expect([...first.dueAts, ...second.dueAts], `cut at ${cut}`).to.deep.equal([1.25, 22.5, 3]);
    }
  });
});
