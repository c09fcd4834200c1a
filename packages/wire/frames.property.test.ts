import { expect } from 'chai';
import fc from 'fast-check';
import { type Frame, isOverdue, blockOf as oneBlock, openInbox, readFrames } from './frames.ts';

type Plain = { kind: number; request: number; payload: number[] };

const anyFrame: fc.Arbitrary<Plain> = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  request: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
});

const anyBlock = fc.array(anyFrame, { minLength: 1, maxLength: 4 });

// A second implementation of the format in frames.ts, so that a mistake in both ends of the first shows.
const frameOf = ({ kind, request, payload }: Plain): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + payload.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32BE(request, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
};

const blockOf = (...frames: Plain[]): Buffer => {
  const body = Buffer.concat(frames.map(frameOf));
  const head = Buffer.alloc(12);
  head.writeUInt32BE(body.length, 0);
  head.writeUInt32BE(0xffff_ffff - body.length, 4);
  head.writeUInt32BE(slowCrc32(body), 8);
  return Buffer.concat([head, body]);
};

const slowCrc32 = (bytes: Buffer): number => {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
};

const plain = ({ kind, request, payload }: Frame): Plain => ({ kind, request, payload: [...payload] });

/** Returns the bytes in chunks of these lengths, repeatedly. */
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
  it('are read as written, for any blocks and any chunks', () =>
    fc.assert(
      fc.property(
        fc.array(anyBlock, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 }),
        (blocks, lengths) => {
          const inbox = openInbox(1_000);
          const bytes = Buffer.concat(blocks.map((frames) => blockOf(...frames)));
          const read = cut(bytes, lengths).flatMap(
            (chunk) => readFrames(inbox, chunk) ?? expect.fail('a block was refused'),
          );
          expect(read.map(plain)).to.deep.equal(blocks.flat());
          expect(inbox.bytes).to.equal(0);
        },
      ),
      { numRuns: 500 },
    ));

  it('stay unchanged when more data arrive', () => {
    const frame = { kind: 1, request: 1, payload: [1, 2, 3] };
    const bytes = Buffer.concat([blockOf(frame), blockOf({ ...frame, payload: [7, 7, 7] })]);
    const inbox = openInbox(1_000);
    readFrames(inbox, bytes.subarray(0, 5));
    const [first] = readFrames(inbox, bytes.subarray(5, 30)) ?? [];
    readFrames(inbox, bytes.subarray(30));
    expect(first && plain(first)).to.deep.equal(frame);
  });

  it('are returned when their block is complete, and not before', () =>
    fc.assert(
      fc.property(anyBlock, (frames) => {
        const bytes = blockOf(...frames);
        const inbox = openInbox(1_000);
        for (const byte of bytes.subarray(0, -1)) expect(readFrames(inbox, Buffer.of(byte))).to.deep.equal([]);
        expect(readFrames(inbox, bytes.subarray(-1))?.map(plain)).to.deep.equal(frames);
      }),
    ));

  it('are written in the format that is read', () => {
    expect(oneBlock(3, 0, Buffer.from([1, 2]))).to.deep.equal(blockOf({ kind: 3, request: 0, payload: [1, 2] }));
  });

  it('in a block with one flipped bit are refused, whichever bit it is', () => {
    const bytes = blockOf({ kind: 1, request: 1, payload: [1, 2, 3] }, { kind: 2, request: 2, payload: [] });
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readFrames(openInbox(1_000_000_000), flipped), `bit ${bit}`).to.equal(undefined);
    }
  });

  it('in a block above the limit are refused when only its head has arrived', () => {
    const frame = { kind: 1, request: 1, payload: new Array<number>(91).fill(7) };
    expect(readFrames(openInbox(100), blockOf(frame))?.map(plain)).to.deep.equal([frame]);
    expect(readFrames(openInbox(99), blockOf(frame))).to.equal(undefined);
    expect(readFrames(openInbox(99), blockOf(frame).subarray(0, 4))).to.equal(undefined);
  });

  it('that do not fill their block are refused', () => {
    const reseal = (body: Buffer) => {
      const block = blockOf({ kind: 0, request: 0, payload: [...body.subarray(9)] });
      body.copy(block, 12);
      block.writeUInt32BE(slowCrc32(body), 8);
      return block;
    };
    const body = frameOf({ kind: 1, request: 1, payload: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(readFrames(openInbox(1_000), reseal(body))).to.have.length(1);
    for (const length of [0, 4, 13, 15, 0xffff_ffff]) {
      const wrong = Buffer.from(body);
      wrong.writeUInt32BE(length);
      expect(readFrames(openInbox(1_000), reseal(wrong)), `${length}`).to.equal(undefined);
    }
  });

  it('are not found in random bytes', () => {
    for (const text of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '{"kind":"count"}',
      '\xff\xff\xff\xff\xff',
      '\0\0\0\0\0\0\0\0\0\0\0\0',
    ]) {
      expect(readFrames(openInbox(4 * 1024 * 1024), Buffer.from(text, 'latin1')), text).to.equal(undefined);
    }
  });

  it('before invalid bytes are discarded, because the connection must be closed', () => {
    const bytes = Buffer.concat([blockOf({ kind: 1, request: 1, payload: [] }), Buffer.alloc(9)]);
    expect(readFrames(openInbox(1_000), bytes)).to.equal(undefined);
  });

  it('of many chunks are joined with few copies, not one for each chunk', () => {
    const bytes = oneBlock(1, 1, Buffer.alloc(2_000_000, 7));
    const inbox = openInbox(4_000_000);
    const startedAt = performance.now();
    const read = cut(bytes, [64]).flatMap((chunk) => readFrames(inbox, chunk) ?? []);
    expect(read).to.have.length(1);
    expect(performance.now() - startedAt).to.be.below(2_000); // with a copy for each of 31,250 chunks it would be 30 GB
  });

  it('that arrive too slowly time out', () => {
    const inbox = openInbox(1_000);
    const bytes = blockOf({ kind: 1, request: 1, payload: [1] });
    expect(isOverdue(inbox, performance.now() + 1_000_000)).to.equal(false);
    readFrames(inbox, bytes.subarray(0, 5));
    const since = performance.now();
    readFrames(inbox, bytes.subarray(5, 10));
    expect([isOverdue(inbox, since + 19_000), isOverdue(inbox, since + 20_001)]).to.deep.equal([false, true]);
    readFrames(inbox, bytes.subarray(10));
    expect(isOverdue(inbox, since + 1_000_000)).to.equal(false);
  });
});
