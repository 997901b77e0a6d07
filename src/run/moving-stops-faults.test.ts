import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Approved, OrderCommand } from '../core/commands.ts';
import { EventKind, type ProtectionEvent } from '../core/events.ts';
import { Instrument, type InstrumentSpec } from '../core/instrument.ts';
import { lots, ticks } from '../core/units.ts';
import type { FaultInput } from '../exchange/faults/plan.ts';
import { startExchange } from '../exchange/server.ts';
import { OkxVenue } from '../venue/okx/venue.ts';
import type { VenueEvent } from '../venue/venue.ts';
import { RealClock } from './clock.ts';

/** Our OKX client moves a stop at the exchange of this machine while something goes wrong: what it tells of the stop is true. */

const SWAP = 'BTC-USDT-SWAP';
const WITHIN_MS = 30_000;
const AMEND = 'POST trade/amend-algos';

const FAULTS: readonly (readonly [string, readonly FaultInput[]])[] = [
  ['a move that never arrives', [{ fault: 'timeout', endpoint: AMEND }]],
  ['a move that arrives and is not answered', [{ fault: 'timeout', stage: 'after', endpoint: AMEND }]],
  ['moves that fail before acceptance', [{ fault: 'error', endpoint: AMEND, times: 2 }]],
  ['moves that fail after acceptance', [{ fault: 'error', stage: 'after', endpoint: AMEND, times: 2 }]],
  [
    'a move without an answer, and questions that fail',
    [
      { fault: 'timeout', stage: 'after', endpoint: AMEND },
      { fault: 'error', endpoint: 'GET *', times: 3 },
    ],
  ],
  ['an answer later than we wait', [{ fault: 'slow', by: '4s', stage: 'after', endpoint: AMEND }]],
  ['a move later than we wait', [{ fault: 'slow', by: '4s', endpoint: AMEND }]],
  ['pushes of the pair that are lost', [{ fault: 'drop', channel: 'orders-algo', times: 2 }]],
  ['sockets cut', [{ fault: 'disconnect', of: 'all' }]],
];

describe('a stop is moved in spite of', { concurrency: 3 }, () => {
  for (const [name, faults] of FAULTS)
    test(name, async () => {
      const exchange = await startExchange({
        port: 0,
        seed: 31,
        accounts: [{ cash: { USDT: '1000000' } }],
        faults: { seed: 5, faults: [] },
      });
      const answer = await fetch(`${exchange.rest}/api/v5/public/instruments?instType=SWAP&instId=${SWAP}`);
      const { data } = (await answer.json()) as { data: InstrumentSpec[] };
      const instrument = new Instrument(data[0]!);
      const said: string[] = [];
      const events: VenueEvent[] = [];
      const { rest, ws, apiKey, secret, passphrase } = exchange;
      const venue = new OkxVenue({
        ...{ rest, ws, credentials: { apiKey, secret, passphrase }, demo: false },
        ...{ clock: new RealClock(), random: Math.random, instruments: [instrument] },
        ...{
          // long enough for a loaded machine to answer, shorter than the answers that are to be late
          timeoutMs: 2000,
          orderTimeoutMs: 2500,
          auditEveryMs: 2000,
          backOffBaseMs: 100,
          backOffCapMs: 1000,
        },
        log: (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      });
      const until = async (what: string, isSo: () => boolean): Promise<void> => {
        const end = performance.now() + WITHIN_MS;
        while (!isSo()) {
          if (performance.now() > end)
            throw new Error(`waited in vain for ${what}\n${said.slice(-12).join('\n')}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const market = exchange.exchange.market(SWAP)!;
      const [account] = exchange.exchange.accounts;
      const standing = () => [...account!.algos.values()][0];
      const told = (): ProtectionEvent[] =>
        events.filter((event): event is ProtectionEvent => event.kind === EventKind.protection);
      const submit = (command: OrderCommand): void => venue.submit(command as Approved<OrderCommand>);
      try {
        await venue.connect((event) => events.push(event));
        const { last } = market;
        const takeProfit = ticks(last + 20_000);
        submit({
          ...{ kind: 'place', instrument: 0, clientOrderId: 's1', side: 'buy', type: 'market' },
          ...{ size: lots(20), price: ticks(last + 300), reduceOnly: false, leverage: 2, purpose: 'entry' },
          ...{ takeProfit, stopLoss: ticks(last - 20_000), protectionId: 's1x' },
        });
        await until('a stop', () => standing() !== undefined && events.some(isPair));
        for (const fault of faults) exchange.faults!.strike(fault);
        /** As the engine does: asked until it is told that the stop is there. */
        const move = async (wanted: number): Promise<void> => {
          for (let tries = 0; told().at(-1)?.stopLoss !== wanted; tries++) {
            assert.ok(tries < 20, `never told of ${wanted}: ${told().map(({ stopLoss }) => stopLoss)}`);
            const before = told().length;
            submit({
              ...{
                kind: 'amend',
                target: 'protection',
                instrument: 0,
                protectionId: 's1x',
                takeProfit,
                cause: 'trailingStop',
              },
              stopLoss: ticks(wanted),
            });
            await until('a word on the stop', () => told().length > before);
            assert.ok(standing() !== undefined, 'the pair is gone');
          }
        };
        const truth = (): boolean => standing()?.stopLoss?.at === told().at(-1)?.stopLoss;
        for (const away of [15_000, 13_000, 11_000]) await move(last - away);
        await until('what was told to be the truth', truth);
        const late = exchange.exchange.now + 2000;
        await until('what is late to have come', () => exchange.exchange.now >= late);
        // an old move that came after a newer one has set the stop back: that is told, and mended
        await until('what is told to stay the truth', truth);
        await move(last - 11_000);
        await until('the stop to be where it was wanted', () => standing()?.stopLoss?.at === last - 11_000);
        assert.equal(account!.algos.size, 1);
        assert.equal(
          events.filter((event) => event.kind === EventKind.order && event.state === 'canceled').length,
          0,
        );
      } finally {
        await venue.stop();
        await exchange.close();
      }
    });
});

const isPair = (event: VenueEvent): boolean =>
  event.kind === EventKind.order && event.clientOrderId === 's1x' && event.state === 'live';
