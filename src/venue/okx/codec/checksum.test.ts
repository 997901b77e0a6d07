import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  captureInstruments,
  captures,
  capturesPresent,
  instrumentOf,
  isBook,
} from '../../../../bench/captures.ts';
import { BookFrame } from '../../../core/book/frame.ts';
import { lots, ticks } from '../../../core/units.ts';
import { BookDecoder } from './books.ts';
import { ChecksumBook } from './checksum.ts';

const skip = !capturesPresent && 'the recordings are not beside this clone';

test('every checksum of the real captures verifies, over canonical texts', { skip }, () => {
  const instruments = captureInstruments();
  const frame = new BookFrame();
  let verified = 0;
  let spelledDifferently = 0;
  for (const [file, list] of captures()) {
    const books = new Map<string, { decoder: BookDecoder; book: ChecksumBook }>();
    for (const { text, message } of list) {
      if (!isBook(message)) continue;
      const instrument = instruments.get(instrumentOf(message))!;
      let entry = books.get(instrument.id);
      if (entry === undefined) {
        entry = { decoder: new BookDecoder(instrument), book: new ChecksumBook(instrument) };
        books.set(instrument.id, entry);
      }
      entry.decoder.decode(Buffer.from(text), frame);
      assert.ok(entry.book.verify(frame), `${file}: ${text.slice(0, 200)}`);
      if (frame.checksum !== 0) verified++;
      const texts = [...text.matchAll(/\["([^"]+)","([^"]+)","0","\d+"\]/g)];
      texts.forEach(([, price, size], index) => {
        const same =
          instrument.formatPrice(ticks(frame.price[index]!)) === price &&
          instrument.formatSize(lots(frame.size[index]!)) === size;
        if (!same) spelledDifferently++;
      });
    }
  }
  assert.ok(verified > 3_900, `only ${verified} verified`);
  assert.equal(
    spelledDifferently,
    0,
    'OKX wrote a number otherwise than we do: checksums need the raw texts then',
  );
});

test('one wrong lot anywhere in the first 25 levels is noticed', { skip }, () => {
  const instruments = captureInstruments();
  const frame = new BookFrame();
  const [first] = [...captures().values()].flat().filter(({ message }) => isBook(message));
  const instrument = instruments.get(instrumentOf(first!.message))!;
  new BookDecoder(instrument).decode(Buffer.from(first!.text), frame);
  for (let index = 0; index < Math.min(frame.count, 25); index++) {
    frame.size[index]!++;
    assert.equal(new ChecksumBook(instrument).verify(frame), false);
    frame.size[index]!--;
  }
  assert.equal(new ChecksumBook(instrument).verify(frame), true);
});
