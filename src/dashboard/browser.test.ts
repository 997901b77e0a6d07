/** The page in a real browser, against the real server; only the trading behind it is scripted. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.ts';
import { ScriptedView } from '../../scripts/scripted-view.ts';
import { type Dashboard, startDashboard } from './server.ts';

const TOKEN = 'the token of this test';
/** Long for a loaded machine; what is awaited comes within a second on an idle one. */
const PATIENCE_MS = 20_000;

let browser: Browser;
before(async () => {
  assert.ok(
    existsSync(new URL('../../web/dist/index.html', import.meta.url)),
    'the page is not built: npm run prepare',
  );
  try {
    const { executablePath, args } = await findChromium();
    browser = await chromium.launch({ executablePath, args: [...args], headless: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new Error(`no browser could be started for the page's test: ${reason}`);
  }
});
after(async () => {
  await browser?.close();
});

const serve = (source: ScriptedView, port: number, asked: string[] = []): Promise<Dashboard> =>
  startDashboard({
    source,
    port,
    token: TOKEN,
    control: (action, flatten) => {
      const scope = flatten === undefined ? '' : flatten ? ', closing positions' : ', keeping positions';
      asked.push(`${action}${scope}`);
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

const price = (value: number): string => value.toLocaleString('en-US', { minimumFractionDigits: 1 });
const field = (name: string): string => `[data-field="${name}"]`;

interface Opened {
  readonly page: Page;
  readonly source: ScriptedView;
  readonly asked: string[];
  dashboard: Dashboard;
  /** What the browser itself reports as an error while a test provokes it: a refused connection, a 401. */
  provoked: RegExp | null;
}

/** Opens the page and gives it to `body`; any error in it, or any request to another place, is a failure. */
async function opened(body: (opened: Opened) => Promise<void>, view = new ScriptedView(30)): Promise<void> {
  const asked: string[] = [];
  const dashboard = await serve(view, 0, asked);
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const state: Opened = { page, source: view, asked, dashboard, provoked: null };
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (state.provoked?.test(message.text())) return;
    // of this test's own looking at pixels, when the first look came before there was anything to see
    if (message.text().includes('willReadFrequently')) return;
    faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(dashboard.url)) faults.push(`request to ${request.url()}`);
  });
  try {
    await page.goto(dashboard.url);
    await page.locator(field('connection'), { hasText: 'Connected' }).waitFor();
    await body(state);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await state.dashboard.close();
  }
}

/** Waits until the field reads exactly so. */
async function reads(page: Page, name: string, text: string): Promise<void> {
  const locator = page.locator(field(name)).first();
  try {
    await page.waitForFunction(
      ([selector, wanted]) => document.querySelector(selector)?.textContent?.trim() === wanted,
      [field(name), text] as const,
    );
  } catch {
    assert.equal((await locator.textContent())?.trim(), text, name);
  }
}

/** Waits until the biggest canvas of the chart holds several colours: with one, nothing was drawn. */
const drawn = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>('.chart canvas')];
    if (canvases.length === 0) return false;
    const biggest = canvases.reduce((a, b) => (a.width * a.height >= b.width * b.height ? a : b));
    const pixels = biggest.getContext('2d')?.getImageData(0, 0, biggest.width, biggest.height).data;
    return new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer(0))).size > 3;
  });

describe('the page', { timeout: 180_000 }, () => {
  test('digits are all as wide: the build once put the type behind it, which undid it', async () => {
    await opened(async ({ page }) => {
      const numeric = await page
        .locator('.page')
        .evaluate((element) => getComputedStyle(element).fontVariantNumeric);
      assert.equal(numeric, 'tabular-nums');
    });
  });

  let source: ScriptedView;
  beforeEach(() => {
    source = new ScriptedView(30);
  });

  test('shows the candle as it moves, tick by tick', async () => {
    await opened(async ({ page }) => {
      assert.match(await page.locator(field('mode')).innerText(), /^PAPER \/ EMBEDDED$/i);
      await reads(page, 'close', price(source.last));
      await drawn(page);
      for (const by of [12.3, -40.7, 0.1]) {
        source.step(by);
        await reads(page, 'close', price(source.last));
        await reads(page, 'last', price(source.last));
      }
      const bar = source.candles.at(-1)!;
      await reads(page, 'high', price(bar.high));
      await reads(page, 'low', price(bar.low));
      assert.match(await page.title(), new RegExp(`^${price(source.last)} BTC-USDT-SWAP`));
      assert.match(await page.locator(field('countdown')).innerText(), /^[01]:\d\d$/);
    }, source);
  });

  test('shows a position with its target and stop when it opens, and a trade when it closes', async () => {
    await opened(async ({ page }) => {
      await page.getByText('Waiting for a signal of at least 0.60').waitFor();
      const position = source.openPosition('long');
      await reads(page, 'position-direction', 'Long 0.37');
      await reads(page, 'entry', price(position.entry));
      await page.locator(field('take-profit'), { hasText: price(position.takeProfit ?? 0) }).waitFor();
      await page.locator(field('stop-loss'), { hasText: price(position.stopLoss ?? 0) }).waitFor();
      await reads(page, 'margin', position.margin.toFixed(2));
      await page.locator(field('liquidation'), { hasText: /^[\d,]+ 91%$/ }).waitFor();
      source.step(45);
      // 45 of the 90 to the stop, in the position's favour: +0.50 R; 45 × 0.0037 BTC = 0.1665.
      await reads(page, 'r-multiple', '+0.50 R');
      await reads(page, 'unrealized', '+0.17');
      // Through the stop and back: the mark is drawn at the end of its track, not left out.
      source.step(-300);
      await page.getByRole('img', { name: '0% of the way from stop to target' }).locator('circle').waitFor();
      source.step(300);
      await reads(page, 'unrealized', '+0.17');
      source.closePosition('takeProfit');
      await page.getByText('Flat', { exact: true }).waitFor();
      const row = page.locator('[data-panel="trades"] tbody tr').first();
      await row.waitFor();
      assert.match((await row.innerText()).replaceAll(/\s+/g, ' '), /long 0\.37 .* \+0\.17 Take profit$/);
    }, source);
  });

  test('shows money to its last digit', async () => {
    await opened(async ({ page }) => {
      await reads(page, 'balance', '10,034.217418025');
      await reads(page, 'fees', '−4.891381975');
      await reads(page, 'realised', '+38.9912');
    }, source);
  });

  test('says that its data is old when the server is gone, and heals when it is back', async () => {
    await opened(async (state) => {
      const { page } = state;
      await reads(page, 'close', price(source.last));
      state.provoked = /ERR_CONNECTION_REFUSED/;
      await state.dashboard.close();
      const veil = page.locator('.veil');
      await veil.getByText(/^Disconnected — data is old since \d\d:\d\d:\d\d$/).waitFor();
      await veil.getByText(/attempt [2-9]/).waitFor();
      await page.locator(field('connection'), { hasText: 'Disconnected' }).waitFor();
      assert.match(await page.title(), /^✕ disconnected/);
      await reads(page, 'countdown', '–');
      const grey = await page
        .locator('.last')
        .evaluate((element) => [getComputedStyle(element).filter, getComputedStyle(element).color]);
      assert.match(grey[0], /grayscale/);
      assert.equal(await page.getByRole('button', { name: 'Kill' }).isEnabled(), false);

      source.step(-99.9);
      state.dashboard = await serve(source, state.dashboard.port);
      await veil.waitFor({ state: 'detached' });
      state.provoked = null;
      await reads(page, 'close', price(source.last));
      source.step(3.3);
      await reads(page, 'close', price(source.last));
      await page.locator(field('connection'), { hasText: 'Connected' }).waitFor();
    }, source);
  });

  test('shows prices as stale, with the reason, when the market is not live', async () => {
    await opened(async ({ page }) => {
      const note = page.locator('.stale-note');
      source.live = false;
      source.liveNote = 'gap in the book, resubscribing';
      await note.getByText('gap in the book, resubscribing').waitFor();
      assert.match(await page.title(), /^✕ stale/);
      const [stale, text] = await page.evaluate(() =>
        ['.last', 'body'].map((selector) => getComputedStyle(document.querySelector(selector)!).color),
      );
      assert.notEqual(stale, text);
      source.live = true;
      await note.waitFor({ state: 'detached' });
    }, source);
  });

  test('reloads itself once for a server of another version, then asks for a person', async () => {
    await opened(async ({ page }) => {
      const view = source.view;
      const reload = page.waitForEvent('load');
      source.view = () => ({ ...view(), version: 2 as unknown as 1 });
      await reload;
      await page.getByText(/This page and the server disagree \(server version 2\)/).waitFor();
      let reloads = 0;
      page.on('load', () => {
        reloads += 1;
      });
      source.view = view;
      await page.locator('.veil').waitFor({ state: 'detached' });
      await reads(page, 'close', price(source.last));
      assert.equal(reloads, 0);
    }, source);
  });

  test('asks for the token once, refuses a wrong one, and passes the action on', async () => {
    await opened(async (state) => {
      const { page, asked } = state;
      await page.getByRole('button', { name: 'Pause' }).click();
      const dialog = page.getByRole('dialog');
      state.provoked = /401/;
      await dialog.getByLabel(/Token/).fill('a guess');
      await dialog.getByRole('button', { name: 'Yes, pause' }).click();
      await dialog.getByText('The token was not accepted.').waitFor();
      assert.deepEqual(asked, []);
      state.provoked = null;
      await dialog.getByLabel(/Token/).fill(TOKEN);
      await dialog.getByRole('button', { name: 'Yes, pause' }).click();
      await page.getByText('pause: accepted').waitFor();
      await page.getByRole('button', { name: 'Kill' }).click();
      await dialog.getByText(/Cancel every entry/).waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      assert.deepEqual(asked, ['pause'], 'a cancelled question does nothing');
      await page.getByRole('button', { name: 'Kill' }).click();
      await dialog.getByRole('button', { name: 'Yes, kill' }).click();
      await page.getByText('kill: accepted').waitFor();
      assert.deepEqual(asked, ['pause', 'kill, closing positions']);
      await page.getByRole('button', { name: 'Kill' }).click();
      await dialog.getByLabel(/Close open positions/).uncheck();
      await dialog.getByRole('button', { name: 'Yes, kill' }).click();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      assert.deepEqual(asked.at(-1), 'kill, keeping positions');
    }, source);
  });

  test('shows how much of each limit is used, and what keeps entries out until when', async () => {
    const { day } = source.risk;
    await opened(async ({ page }) => {
      const panel = page.locator('[data-panel="risk"]');
      await panel.locator(field('limit-day'), { hasText: '−84.12' }).waitFor();
      assert.equal(await panel.locator(field('risk-verdict')).innerText(), '');
      assert.match(
        (await panel.locator('[data-limit="day"] svg').getAttribute('aria-label')) ?? '',
        /^28% of the limit/,
      );
      source.risk = {
        ...source.risk,
        day: { ...day, pnl: -312.4, loss: 0.0312, reached: true, endsAt: Date.now() + 3_600_000 },
        pauses: [{ reason: 'pause after 3 losses in a row', until: Date.now() + 600_000 }],
      };
      source.killed = true;
      await panel.getByText('Killed until a person arms: positions keep their stops.').waitFor();
      await panel.getByText(/Daily loss reached: no entries for (1:00:00|59:\d\d)\./).waitFor();
      await panel.getByText(/Pause after 3 losses in a row: (10:00|9:\d\d) left\./).waitFor();
      assert.match((await panel.locator('[data-limit="day"] svg').getAttribute('aria-label')) ?? '', /^100%/);
      await page.getByRole('button', { name: 'Arm' }).waitFor();
      await page.locator(field('engine'), { hasText: 'Killed' }).waitFor();
    }, source);
  });

  test('shows what each strategy finds, and its figures to mouse and keyboard alike', async () => {
    await opened(async ({ page }) => {
      const panel = page.locator('[data-panel="strategies"]');
      const row = (name: string) => panel.locator(`[data-strategy="${name}"]`);
      await reads(page, 'strategies-role', 'the signal leads, they must not be against');
      assert.deepEqual(
        (await panel.locator('.name').allInnerTexts()).map((text) => text.split(/[\n,]/, 1)[0]),
        ['Trend', 'Range', 'Breakout', 'Reversal'],
      );
      assert.equal(await row('trend').locator('.finding').innerText(), 'short 0.83');
      assert.match(
        (await row('trend').locator('.evidence').innerText()) ?? '',
        /^falling by 4\.1 deviations/,
      );
      await row('trend').getByText(', the most confident').waitFor({ state: 'attached' });
      assert.equal(await row('range').locator('.evidence').innerText(), 'needs 37 more candles');
      assert.equal(await row('range').getByRole('button').isDisabled(), true, 'there is nothing to open');
      assert.equal(await row('breakout').locator('.finding').count(), 0);
      assert.match(
        (await row('breakout').getByRole('button').getAttribute('title')) ?? '',
        /^no level broken/,
      );

      await row('trend').getByRole('button').click();
      const slope = row('trend').locator('.figures div', { hasText: 'Normalised slope' });
      assert.match(await slope.innerText(), /−4\.12 σ/);
      // by keyboard to the next row that can be opened; the other one closes
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await row('breakout').locator('.figures').waitFor();
      await row('trend').locator('.figures').waitFor({ state: 'detached' });
      assert.match(await row('breakout').locator('.figures').innerText(), /Resistance\s+64,912\.7/);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      const never = row('reversal').locator('.figures div', { hasText: 'Candles since overbought' });
      assert.match(await never.innerText(), /–$/);

      // the trend ends while its figures are looked at; the strategies take the lead
      const [trend, ...others] = source.strategies.parts;
      source.strategies = {
        ...source.strategies,
        lead: 'strategies',
        confirmation: 'agree',
        best: 'reversal',
        parts: [{ ...trend, direction: 'none', confidence: 0, evidence: 'flat' }, ...others],
      };
      await reads(page, 'strategies-role', 'propose entries, the signal must agree');
      await row('trend').locator('.finding').waitFor({ state: 'detached' });
      await row('reversal').getByText(', the most confident').waitFor({ state: 'attached' });
      await row('reversal').locator('.figures').waitFor();
      await page.getByText('Waiting for a strategy of at least 0.60 that risk permits.').waitFor();
      source.decide('long', 'refused', 'nothing confirms it');
      const decided = page.locator('[data-panel="decisions"] li').first();
      await decided.getByText('nothing confirms it').waitFor();
      assert.match((await decided.innerText()).replaceAll(/\s+/g, ' '), /reversal long 0\.64 refused/);
    }, source);
  });

  test('leaves the signal its room beside open strategies on a low desk', async () => {
    source.openPosition('long');
    await opened(async ({ page }) => {
      for (const name of ['trend', 'reversal']) {
        const row = page.locator(`[data-strategy="${name}"]`);
        await row.getByRole('button').click();
        // what has been opened is brought into sight, to its last line
        await page.waitForFunction((which) => {
          const figures = document
            .querySelector(`[data-strategy="${which}"] .figures`)
            ?.getBoundingClientRect();
          const panel = document.querySelector('[data-panel="strategies"]')!.getBoundingClientRect();
          return figures !== undefined && figures.bottom <= panel.bottom + 1;
        }, name);
      }
      const heights = await page.evaluate(() =>
        ['signal', 'strategies', 'risk', 'health'].map((name) => {
          const { top, bottom, height } = document
            .querySelector(`[data-panel="${name}"]`)!
            .getBoundingClientRect();
          return { top, bottom, height };
        }),
      );
      assert.ok(heights[0].height >= 190, `the signal has ${heights[0].height} px`);
      assert.ok(heights[1].height >= 110, `the strategies have ${heights[1].height} px`);
      for (let i = 1; i < heights.length; i++)
        assert.ok(heights[i].top >= heights[i - 1].bottom - 1, 'panels lie over one another');
      assert.ok(heights.at(-1)!.bottom <= 900, 'the last panel is cut off');
    }, source);
  });

  test('a drawdown too deep is for a person to arm', async () => {
    source.risk = { ...source.risk, drawdown: { now: 0.16, limit: 0.15, reached: true } };
    await opened(async ({ page, asked }) => {
      await page.getByText('Drawdown limit reached: no entries until a person arms.').waitFor();
      await page.getByRole('button', { name: 'Arm' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(/Token/).fill(TOKEN);
      await dialog.getByRole('button', { name: 'Yes, arm' }).click();
      await page.getByText('arm: accepted').waitFor();
      assert.deepEqual(asked, ['arm']);
    }, source);
  });

  test('says what it waits for when there is nothing yet', async () => {
    const view = source.view;
    source.candles.splice(0, source.candles.length - 1);
    const { last } = source;
    source.candles.length = 0;
    source.charts = () => [];
    source.view = () => {
      source.candles.push({
        openAt: 0,
        open: last,
        high: last,
        low: last,
        close: last,
        volume: 0,
        closed: false,
      });
      const shown = view();
      source.candles.length = 0;
      const unknown = { bid: null, ask: null, last: null, mark: null, volatilityBp: null, fundingRate: null };
      return {
        ...shown,
        heartbeat: { ...shown.heartbeat, lastEventAt: 0, feedLatencyMs: null, stepUs: null },
        markets: shown.markets.map((market) => ({ ...market, ...unknown, signal: null })),
      };
    };
    await opened(async ({ page }) => {
      for (const awaited of [
        'Waiting for the first candle.',
        /Waiting for the first evaluation/,
        /Waiting for a signal of at least 0\.60 that risk permits/,
        /None yet. A trade is listed here/,
        /None yet. Each signal that crosses the threshold/,
      ]) {
        await page.getByText(awaited).waitFor();
      }
      await reads(page, 'last', '–');
      source.candles.push({ openAt: 60_000, open: 1, high: 2, low: 1, close: 2, volume: 3, closed: false });
      source.push({ type: 'candle', symbol: 'BTC-USDT-SWAP', candle: source.candles[0] });
      await reads(page, 'close', '2.0');
    }, source);
  });

  test('says that it abstains, not that a threshold is missed, and why it has no word', async () => {
    const view = source.view.bind(source);
    let silence: 'abstains' | 'unknown' | null = 'abstains';
    let reasons = ['long 0.39 for +17.7 bp before −9.4 bp is worth −8.7 bp after 10.0 bp of costs'];
    source.view = () => {
      const shown = view();
      return {
        ...shown,
        markets: shown.markets.map((market) => ({
          ...market,
          signal: {
            ...{ ...market.signal!, direction: 'none' as const, silence, confidence: 0.39, reasons },
            detectors: market.signal!.detectors.map((detector) => ({
              ...detector,
              hasWord: detector.name !== 'regime',
            })),
          },
        })),
      };
    };
    await opened(async ({ page }) => {
      await reads(page, 'standing', 'Abstains: not worth its costs');
      silence = 'unknown';
      reasons = ['no word yet: ATR not known yet'];
      await reads(page, 'standing', 'No word yet: ATR not known yet');
      assert.equal(await page.getByText('ATR not known yet').count(), 1, 'said once');
      const silentRows = page.locator('.detector', { hasText: 'no word' });
      await silentRows.filter({ hasText: 'regime' }).waitFor();
      assert.equal(await silentRows.count(), 1);
      silence = null;
      await reads(page, 'standing', 'Below the entry threshold');
    }, source);
  });

  test('shows all seven detectors at once on a desk of 1400 × 1000, and what one saw when it is opened', async () => {
    await opened(async ({ page }) => {
      await page.setViewportSize({ width: 1400, height: 1000 });
      const rows = page.locator('.detector');
      await rows.nth(6).waitFor();
      const fits = () =>
        page.locator('[data-panel="signal"]').evaluate((panel) => panel.scrollHeight <= panel.clientHeight);
      assert.ok(await fits(), 'the signal scrolls');
      const row = rows.nth(0).getByRole('button');
      assert.match((await row.getAttribute('title'))!, /volume-weighted imbalance/);
      assert.equal(await row.locator('.evidence').isVisible(), false);
      await row.click();
      await row.locator('.evidence').waitFor();
      // a high desk has room for two lines each
      await page.setViewportSize({ width: 1400, height: 1200 });
      await rows.nth(6).locator('.evidence').waitFor();
      await row.click();
      assert.ok(await fits(), 'the signal scrolls on a high desk');
    }, source);
  });

  test('each market has its own figures and chart; candles out of order do not break it', async () => {
    const view = source.view;
    const charts = source.charts();
    const other = {
      openAt: 600_000,
      open: 3000,
      high: 3005,
      low: 2990,
      close: 3001.25,
      volume: 4,
      closed: false,
    };
    source.view = () => {
      const shown = view();
      const second = {
        ...shown.markets[0],
        symbol: 'ETH-USDT-SWAP',
        priceDecimals: 2,
        tickSize: 0.01,
        last: 3001.25,
      };
      return { ...shown, markets: [shown.markets[0], second] };
    };
    source.charts = () => [
      ...charts,
      { symbol: 'ETH-USDT-SWAP', barMs: 60_000, candles: [other], markers: [], equity: charts[0].equity },
    ];
    await opened(async ({ page }) => {
      await reads(page, 'close', price(source.last));
      await page.getByLabel('Market', { exact: true }).selectOption('ETH-USDT-SWAP');
      await reads(page, 'last', '3,001.25');
      await reads(page, 'close', '3,001.25');
      const candle = (openAt: number, close: number): void =>
        source.push({ type: 'candle', symbol: 'ETH-USDT-SWAP', candle: { ...other, openAt, close } });
      source.step(17);
      candle(720_000, 3002.5);
      await reads(page, 'close', '3,002.50');
      candle(660_000, 2999);
      candle(720_000, 3003.75);
      await reads(page, 'close', '3,003.75');
      await page.getByLabel('Market', { exact: true }).selectOption('BTC-USDT-SWAP');
      await reads(page, 'close', price(source.last));
    }, source);
  });

  test('fits a desk, a tablet and a phone without scrolling sideways', async () => {
    source.openPosition('short');
    await opened(async ({ page }) => {
      for (const [width, height] of [
        [1440, 900],
        [1024, 768],
        [390, 844],
      ]) {
        await page.setViewportSize({ width, height });
        await page.waitForFunction((wanted) => innerWidth === wanted, width);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
        assert.ok(await page.locator(field('stop-loss')).isVisible());
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll('[data-panel="position"] dd')]
            .filter((figure) => figure.scrollWidth > figure.clientWidth)
            .map(({ textContent }) => textContent),
        );
        assert.deepEqual(cut, [], `cut off at ${width}`);
      }
    }, source);
  });
});
