import { expect } from 'chai';
import fc from 'fast-check';
import { type Frame, openInbox, readFrames } from './frames.ts';

type Plain = { kind: number; request: number; payload: number[] };

const anyFrame: fc.Arbitrary<Plain> = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  request: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
});

// as the comment in frames.ts says it, written down a second time: both ends must not be wrong together
const bytesOf = ({ kind, request, payload }: Plain): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + payload.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32BE(request, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
};

const plain = ({ kind, request, payload }: Frame): Plain => ({ kind, request, payload: [...payload] });

/** The bytes in chunks of these lengths, over and over. */
const cut = (bytes: Buffer, lengths: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let offset = 0, index = 0; offset < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(offset, offset + length)));
    offset += length;
  }
  return chunks;
};

describe('Frames', () => {
  it('come out as they went in, however the bytes are cut into chunks', () =>
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 }), (frames, lengths) => {
        const inbox = openInbox(1_000);
        const read = cut(Buffer.concat(frames.map(bytesOf)), lengths).flatMap((chunk) => readFrames(inbox, chunk) ?? expect.fail('a frame was refused'));
        expect(read.map(plain)).to.deep.equal(frames);
        expect(inbox.bytes).to.equal(0);
      }),
      { numRuns: 500 },
    ));

  it('come out as soon as they are whole, and not before', () =>
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const bytes = bytesOf(frame);
        const inbox = openInbox(1_000);
        for (const byte of bytes.subarray(0, -1)) expect(readFrames(inbox, Buffer.of(byte))).to.deep.equal([]);
        expect(readFrames(inbox, bytes.subarray(-1))?.map(plain)).to.deep.equal([frame]);
      }),
    ));

  it('that are longer than the cap are refused by their head alone', () => {
    const frame = { kind: 1, request: 1, payload: new Array<number>(96).fill(7) };
    expect(readFrames(openInbox(101), bytesOf(frame))?.map(plain)).to.deep.equal([frame]);
    expect(readFrames(openInbox(100), bytesOf(frame))).to.equal(undefined);
    expect(readFrames(openInbox(100), bytesOf(frame).subarray(0, 4))).to.equal(undefined);
  });

  it('that are shorter than their own head are refused', () => {
    for (const length of [0, 1, 4]) {
      const bytes = Buffer.alloc(20);
      bytes.writeUInt32BE(length);
      expect(readFrames(openInbox(1_000), bytes), `${length}`).to.equal(undefined);
    }
  });

  it('are not seen in garbage', () => {
    for (const text of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '{"kind":"count"}', '\xff\xff\xff\xff\xff']) {
      expect(readFrames(openInbox(4 * 1024 * 1024), Buffer.from(text, 'latin1')), text).to.equal(undefined);
    }
  });

  it('before garbage are lost with it: the connection is to be closed', () => {
    const bytes = Buffer.concat([bytesOf({ kind: 1, request: 1, payload: [] }), Buffer.alloc(9)]);
    expect(readFrames(openInbox(1_000), bytes)).to.equal(undefined);
  });

  it('of many chunks are put together once, not once for each chunk', () => {
    const frame = { kind: 1, request: 1, payload: new Array<number>(2_000_000).fill(7) };
    const inbox = openInbox(4_000_000);
    const startedAt = performance.now();
    const read = cut(bytesOf(frame), [64]).flatMap((chunk) => readFrames(inbox, chunk) ?? []);
    expect(read).to.have.length(1);
    expect(performance.now() - startedAt).to.be.below(2_000); // copied for each of 31,250 chunks it would be 30 GB
  });
});
