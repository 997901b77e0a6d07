import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BID } from '../../book/frame.ts';
import { evenNumbers, normal } from '../../testing/order-market.ts';
import { ChainPool } from './chain-pool.ts';
import { Following, RESUMED, TRADED, TRADED_ELSEWHERE } from './following.ts';
import { OrderSizes, Repeats } from './order-sizes.ts';
import { ORDINARY } from './queues.ts';

const PEAK = 60_000;

/** A market of lognormal sizes about 2,000 lots, in which `PEAK` is rare. */
function scene() {
  const random = evenNumbers(20261122);
  const sizes = new OrderSizes(new Repeats());
  for (let i = 0; i < 3000; i++) {
    sizes.observe(Math.round(2000 * Math.exp(normal(random))));
    sizes.settle();
  }
  const chains = new ChainPool();
  const following = new Following(chains, sizes);
  let now = 1e9;
  return {
    chains,
    wait: (ms: number) => {
      now += ms * 1000;
    },
    gone: (price: number, size: number, serial: number) =>
      following.gone(BID, price, size, serial, TRADED, now),
    arrived: (price: number, size: number) => following.arrived(BID, price, size, now),
  };
}

test('a row of orders is a chain from the second on, wherever the best price is; how long each took is kept', () => {
  const { chains, wait, gone, arrived } = scene();
  gone(1000, PEAK, ORDINARY);
  wait(30);
  const serial = arrived(1004, PEAK * 1.05);
  assert.ok(serial > 0);
  wait(500);
  gone(1004, PEAK * 1.05, serial);
  wait(30);
  assert.equal(arrived(1001, PEAK * 0.96), serial);
  const chain = chains.find(serial);
  assert.equal(chains.linksOf(chain, TRADED_ELSEWHERE), 2);
  assert.equal(chains.orders[chain], 3);
  assert.equal(chains.waited[chain], 2);
  // 30 ms and the 20 ms in which all is at once
  assert.ok(Math.abs(chains.waits[chain]! - 2 * Math.log(0.05)) < 1e-9);
});

test('a chain of which one order was missed is taken up again by two of its size, not by one, nor by others', () => {
  const { chains, wait, gone, arrived } = scene();
  gone(1000, PEAK, ORDINARY);
  wait(30);
  const serial = arrived(1004, PEAK);
  // its end and the next one were not seen; others come and go
  wait(2000);
  for (let i = 0; i < 3; i++) {
    gone(1004, 1500 + i, ORDINARY);
    wait(10);
    assert.notEqual(arrived(1005, 4000 + i), serial);
  }
  wait(1000);
  assert.equal(arrived(1005, PEAK), ORDINARY);
  gone(1002, PEAK * 0.95, ORDINARY);
  wait(40);
  assert.equal(arrived(1003, PEAK * 1.04), serial);
  const chain = chains.find(serial);
  assert.equal(chains.linksOf(chain, RESUMED), 1);
  assert.equal(chains.orders[chain], 4);
});

test('what has been away for longer than half a minute is another', () => {
  const { wait, gone, arrived } = scene();
  gone(1000, PEAK, ORDINARY);
  wait(30);
  const serial = arrived(1004, PEAK);
  wait(31_000);
  gone(1002, PEAK, ORDINARY);
  wait(40);
  assert.notEqual(arrived(1003, PEAK), serial);
});
