import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, type BookSide } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import { generator } from '../testing/books.ts';
import { WalledMarket, type WalledMarketOptions } from '../testing/walled-market.ts';
import { us } from '../units.ts';
import type { Finding } from './finding.ts';
import { Microstructure } from './microstructure.ts';
import { FEATURE } from './spoof/features.ts';
import { CAPACITY } from './spoof/walls.ts';
import { Spoof } from './spoof.ts';

const config = { halfLifeMs: 60_000, tellFrom: 0.001 };
/** Frames until the market is known. */
const KNOWN = 800;

class Scene {
  readonly market: WalledMarket;
  readonly spoof: Spoof;
  readonly findings: Finding[] = [];

  constructor(options: Omit<WalledMarketOptions, 'onBook' | 'onTrade'> = {}) {
    let spoof: Spoof | null = null;
    this.market = new WalledMarket({
      ...options,
      onBook: (at) => spoof?.onBook(at),
      onTrade: (event) => spoof?.onTrade(event),
    });
    this.spoof = new Spoof(config, this.market.book, (finding) => this.findings.push({ ...finding }));
    spoof = this.spoof;
    this.market.run(KNOWN);
    this.findings.length = 0;
  }

  /** The surest finding so far. */
  get surest(): Finding | undefined {
    return this.findings.toSorted((a, b) => b.likelihood - a.likelihood)[0];
  }
}

const other = (side: BookSide): BookSide => (side === BID ? ASK : BID);
type Script = (market: WalledMarket, side: BookSide) => void;

/** Shown to deceive. */
const SPOOFS: Readonly<Record<string, { readonly pattern: string; readonly script: Script }>> = {
  'a wall that goes when the other side has been taken': {
    pattern: 'wall',
    script(market, side) {
      const price = market.price(side, 10);
      market.plant(side, price, 1500);
      market.run(12);
      market.take(other(side));
      market.plant(side, price, 0);
    },
  },
  'a wall that goes when the price comes near': {
    pattern: 'pulled on approach',
    script(market, side) {
      const price = market.price(side, 9);
      market.plant(side, price, 1500);
      market.run(4);
      for (let i = 0; i < 8; i++) {
        market.take(side);
        if (i === 7) market.plant(side, price, 0);
        market.run(1);
      }
    },
  },
  'five levels that come and go together': {
    pattern: 'layering',
    script(market, side) {
      const prices = [6, 9, 12, 15, 18].map((distance) => market.price(side, distance));
      for (const price of prices) market.plant(side, price, 400);
      market.run(14);
      for (const price of prices) market.plant(side, price, 0);
    },
  },
  'a size that comes and goes and comes again': {
    pattern: 'flicker',
    script(market, side) {
      for (let i = 0; i < 8; i++) {
        const price = market.price(side, 4 + (i % 3));
        market.plant(side, price, 1500);
        market.run(1);
        market.plant(side, price, 0);
        market.run(2);
      }
    },
  },
  'a wall that goes piece by piece': {
    pattern: 'slow pull',
    script(market, side) {
      const price = market.price(side, 12);
      market.plant(side, price, 2000);
      market.run(15);
      for (let left = 7; left >= 0; left--) {
        market.plant(side, price, left * 250);
        market.run(2);
      }
    },
  },
};

/** Meant, though it looks like it. */
const INNOCENTS: Readonly<Record<string, Script>> = {
  'a large order that trades': (market, side) => {
    const price = market.price(side, 3);
    market.plant(side, price, 1500);
    market.run(10);
    for (let i = 0; i < 3; i++) {
      market.take(side);
      market.run(2);
    }
    for (let left = 1200; left >= 0; left -= 300) {
      market.trade(side, price, 300);
      market.plant(side, price, left);
      market.run(1);
    }
  },
  'a large order that stays when the other side is taken, and is withdrawn long after': (market, side) => {
    const price = market.price(side, 12);
    market.plant(side, price, 1500);
    market.run(20);
    for (let i = 0; i < 6; i++) {
      market.take(other(side));
      market.run(20);
      market.take(side);
      market.run(10);
    }
    market.plant(side, price, 0);
  },
  'a maker who quotes both sides anew, again and again': (market) => {
    let standing: [BookSide, number][] = [];
    for (let i = 0; i < 30; i++) {
      for (const [side, price] of standing) market.plant(side, price, 0);
      standing = ([BID, ASK] as const).flatMap((side) =>
        [3, 6, 9].map((distance): [BookSide, number] => [side, market.price(side, distance + (i % 2))]),
      );
      for (const [side, price] of standing) market.plant(side, price, 400);
      market.run(4);
      if (i % 5 === 2) market.move(1);
      if (i % 5 === 4) market.move(-1);
    }
  },
};

for (const side of [BID, ASK] as const)
  for (const [name, { pattern, script }] of Object.entries(SPOOFS))
    test(`${name} is found and named, on the ${side === BID ? 'bids' : 'asks'}`, () => {
      const { market, findings, spoof } = new Scene();
      const began = market.now;
      script(market, side);
      market.run(5);
      const told = findings.filter((each) => each.pattern === pattern && each.likelihood >= 0.5);
      const all = findings.map((each) => `${each.pattern} ${each.likelihood.toFixed(2)}`);
      assert.ok(told.length > 0, `told: ${all.join(', ')}`);
      for (const each of told) {
        assert.equal(each.side, side);
        assert.ok(each.since > began && each.at <= market.now, 'its times lie within the script');
      }
      // what pressed on one side was not meant: the pressure is the other way
      assert.equal(Math.sign(spoof.reading(us(market.now)).score), side === BID ? -1 : 1);
      assert.ok(spoof.likelihood > 0.4 && spoof.likelihood <= 1);
      assert.match(spoof.evidence(), /lately/);
    });

for (const side of [BID, ASK] as const)
  for (const [name, script] of Object.entries(INNOCENTS))
    test(`${name} is left alone (${side === BID ? 'bids' : 'asks'})`, () => {
      const scene = new Scene();
      script(scene.market, side);
      scene.market.run(30);
      const likelihood = scene.surest?.likelihood ?? 0;
      assert.ok(likelihood < 0.3, `${scene.surest?.pattern} told with ${likelihood}`);
    });

test('a market without large orders has no spoofers', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { market, findings } = new Scene({ seed });
    market.run(3000);
    const surest = findings.reduce((most, { likelihood }) => Math.max(most, likelihood), 0);
    assert.ok(surest < 0.3, `seed ${seed}: told with ${surest}`);
  }
});

test('the mirrored market is told the mirrored findings', () => {
  const told = [false, true].map((mirrored) => {
    const { market, findings } = new Scene({ mirrored });
    for (const { script } of Object.values(SPOOFS)) {
      script(market, BID);
      market.run(30);
    }
    return findings;
  });
  assert.ok(told[0]!.length >= 5);
  assert.deepEqual(
    told[1]!.map(({ side, low, high, ...rest }) => ({
      ...rest,
      side: other(side),
      low: 200_001 - high,
      high: 200_001 - low,
    })),
    told[0]!.map(({ ...rest }) => rest),
  );
});

test('lots of another size are the same market; ticks of another size nearly', () => {
  const surest = (options: { lots?: number; ticks?: number }): number[] =>
    Object.values(SPOOFS).map(({ script }) => {
      const scene = new Scene(options);
      script(scene.market, ASK);
      scene.market.run(5);
      return scene.surest?.likelihood ?? 0;
    });
  const plain = surest({});
  surest({ lots: 8 }).forEach((likelihood, i) => {
    assert.ok(Math.abs(likelihood - plain[i]!) < 0.02, `${likelihood} for ${plain[i]}`);
  });
  surest({ ticks: 4 }).forEach((likelihood, i) => {
    assert.ok(Math.abs(likelihood - plain[i]!) < 0.25, `${likelihood} for ${plain[i]}`);
  });
});

test('in a storm of walls likelihoods only rise, ids are not taken again, and no more is followed than there is room', () => {
  const { market, spoof, findings } = new Scene();
  const random = generator(3);
  const standing: [BookSide, number][] = [];
  for (let frame = 0; frame < 1500; frame++) {
    for (let i = 0; i < 12; i++) {
      const side: BookSide = random() < 0.5 ? BID : ASK;
      const price = market.price(side, 1 + Math.floor(random() * 100));
      market.plant(side, price, 300 + Math.floor(random() * 2000));
      standing.push([side, price]);
    }
    while (standing.length > 900 || (standing.length > 0 && random() < 0.9)) {
      const [[side, price]] = standing.splice(Math.floor(random() * standing.length), 1) as [
        [BookSide, number],
      ];
      market.plant(side, price, 0);
    }
    if (random() < 0.2) market.move(random() < 0.5 ? 1 : -1);
    market.frame();
    assert.ok(spoof.figures().walls! <= CAPACITY);
  }
  const surest = new Map<number, number>();
  for (const { id, likelihood, low, high, since, at } of findings) {
    assert.ok(likelihood >= (surest.get(id) ?? 0) && likelihood <= 1, 'as sure as before, or surer');
    assert.ok(low <= high && since < at);
    surest.set(id, likelihood);
  }
  assert.ok(surest.size > 0);
});

test('while it stands it is suspected, and what is suspected counts less in the depth imbalance', () => {
  const { market, spoof } = new Scene();
  const micro = { halfLifeMs: 60_000, levels: 20 };
  const believing = new Microstructure(micro, market.book);
  const doubting = new Microstructure(micro, market.book, spoof);
  const prices = [6, 8, 10, 12, 14].map((distance) => market.price(BID, distance));
  for (const price of prices) market.plant(BID, price, 800);
  market.run(3);
  assert.ok(spoof.any);
  const now = us(market.now);
  const share = spoof.at(BID, prices[2]!);
  assert.ok(share > 0.2 && share <= 1, `suspected ${share}`);
  assert.equal(spoof.at(ASK, market.price(ASK, 6)), 0);
  for (const each of [believing, doubting]) {
    each.onBook(now);
    each.reading(now);
  }
  assert.ok(
    doubting.depthImbalance < believing.depthImbalance - 0.05,
    `${doubting.depthImbalance} instead of ${believing.depthImbalance}`,
  );
  for (const price of prices) market.plant(BID, price, 0);
  market.run(3);
  assert.equal(spoof.at(BID, prices[2]!), 0);
});

test('a new book is no cancellation, and what is reset is forgotten', () => {
  const { market, spoof, findings } = new Scene();
  const price = market.price(BID, 10);
  market.plant(BID, price, 1500);
  market.run(5);
  market.plant(BID, price, 0);
  market.frame(0, true);
  market.run(5);
  assert.equal(findings.filter(({ low, high }) => low <= price && price <= high).length, 0);
  const fresh = new Spoof(config, market.book).figures();
  spoof.reset();
  assert.deepEqual(spoof.figures(), fresh);
  assert.equal(spoof.any, false);
});

test('one that was reset tells what a new one tells, to the last digit, whatever it had seen', () => {
  const told: [Finding[], Finding[]] = [[], []];
  const both: Spoof[] = [];
  const market = new WalledMarket({
    onBook: (at) => {
      for (const spoof of both) spoof.onBook(at);
    },
    onTrade: (event) => {
      for (const spoof of both) spoof.onTrade(event);
    },
  });
  const make = (which: 0 | 1): Spoof =>
    new Spoof(config, market.book, (finding) => told[which].push({ ...finding }));
  both.push(make(0));
  // takers in most frames, prices that give way, walls in the middle of their lives
  for (let i = 0; i < 400; i++) {
    const side = i % 2 === 0 ? BID : ASK;
    if (i % 40 === 5) market.plant(side, market.price(side, 30), 1500);
    market.take(side);
    market.run(1);
  }
  both[0]!.reset();
  both.push(make(1));
  told[0].length = 0;
  market.run(KNOWN);
  for (const { script } of Object.values(SPOOFS)) {
    script(market, BID);
    market.run(30);
  }
  const [reset, fresh] = told.map((findings) => findings.map(({ id: _, ...rest }) => rest));
  assert.ok(fresh!.length >= 5);
  assert.deepEqual(reset, fresh);
});

test('an id is never given twice, whatever is forgotten in between', () => {
  const { market, spoof, findings } = new Scene();
  const layers = (): number[] => {
    findings.length = 0;
    const prices = [6, 8, 10, 12, 14].map((distance) => market.price(BID, distance));
    for (const price of prices) market.plant(BID, price, 800);
    market.run(3);
    for (const price of prices) market.plant(BID, price, 0);
    market.run(20);
    return findings.map(({ id }) => id);
  };
  const before = layers();
  spoof.reset();
  market.run(KNOWN);
  const after = layers();
  assert.ok(before.length > 0 && after.length > 0, `${before.length} and ${after.length} told`);
  assert.ok(Math.min(...after) > Math.max(...before), `${after} after ${before}`);
});

test('how far a wall leans the book is of the book as it is, also where a reset has begun to count frames anew', () => {
  const book = new OrderBook();
  const skews = new Map<Spoof, number[]>();
  const make = (): Spoof => {
    const seen: number[] = [];
    const spoof = new Spoof(config, book, undefined, ({ standing, features }) => {
      if (!standing) seen.push(features[FEATURE.skew]!);
    });
    skews.set(spoof, seen);
    return spoof;
  };
  /** The same market each time, but for what always stands between its prices: told by its first frame. */
  const play = (spoofs: readonly Spoof[], extra: number, isOver: () => boolean): void => {
    let last = false;
    const market = new WalledMarket({
      ticks: 4,
      onFrame(frame) {
        if (frame.snapshot && extra > 0) frame.push(ASK, 4 * 100_000 + 42, extra, 0);
        book.apply(frame);
      },
      onBook(at) {
        if (last) return;
        for (const spoof of spoofs) spoof.onBook(at);
        last = isOver();
      },
      onTrade(event) {
        if (!last) for (const spoof of spoofs) spoof.onTrade(event);
      },
    });
    market.run(KNOWN);
    SPOOFS['a wall that goes when the other side has been taken']!.script(market, BID);
    market.run(5);
  };
  const reset = make();
  const first = skews.get(reset)!;
  // forgotten in the very frame in which it described its first
  play([reset], 0, () => first.length > 0);
  const before = first[0];
  reset.reset();
  first.length = 0;
  const fresh = make();
  play([reset, fresh], 50_000, () => false);
  assert.ok(first.length > 0);
  assert.deepEqual(first, skews.get(fresh));
  assert.notEqual(first[0], before);
});

test('a wall is suspected while it stands only where it is nearly as large as what is large there', () => {
  const standing: number[] = [];
  let spoof: Spoof | null = null;
  const market = new WalledMarket({
    onBook: (at) => spoof?.onBook(at),
    onTrade: (event) => spoof?.onTrade(event),
  });
  spoof = new Spoof(
    config,
    market.book,
    () => undefined,
    (described) => {
      if (described.standing) standing.push(described.features[FEATURE.large]!);
    },
  );
  market.run(KNOWN);
  for (let size = 60; size < 400; size += 4) {
    const side = size % 8 === 4 ? BID : ASK;
    const price = market.price(side, 8 + (size % 20));
    market.plant(side, price, size);
    market.run(6);
    market.plant(side, price, 0);
    market.run(2);
  }
  const least = Math.exp(Math.min(...standing));
  assert.ok(standing.length > 50 && least >= 0.7 && least < 0.9, `${standing.length}, from ${least} on`);
});
