/** The whole product in a real browser: `hunter start`, its page, a candle that moves, a position that appears. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.ts';
import { Hunter } from '../run/testing/hunter.ts';

const PATIENCE_MS = 60_000;
const field = (name: string): string => `[data-field="${name}"]`;

describe('the page of a running hunter', { timeout: 180_000 }, () => {
  // holds its positions for long enough to be seen
  const hunter = new Hunter(`
signal: { model: priors, confidence_threshold: 0.02 }
exits: { tp_multiplier: 1, sl_multiplier: 0.7, rr_min: 1, rr_default: 1.2, cost_multiple_min: 0 }
`);
  let browser: Browser;
  before(async () => {
    const { executablePath, args } = await findChromium();
    browser = await chromium.launch({ executablePath, args: [...args], headless: true });
  });
  after(async () => {
    await browser?.close();
    await hunter.dispose();
  });

  test('within ten seconds: candles, signal with reasons, badge; then a position with its stop; no console error', async () => {
    const ready = await hunter.start();
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`page error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        faults.push(`console ${message.type()}: ${message.text()}`);
    });
    const openedAt = performance.now();
    await page.goto(ready.dashboard);
    await page.locator(field('connection'), { hasText: 'Connected' }).waitFor();
    assert.match(await page.locator(field('mode')).innerText(), /^PAPER \/ EMBEDDED$/i);
    const closeNow = async (): Promise<string> =>
      (await page.locator(field('close')).first().innerText()).trim();
    await page.waitForFunction(
      (selector) => /\d/.test(document.querySelector(selector)?.textContent ?? ''),
      field('close'),
    );
    await page.getByText('order flow').first().waitFor();
    assert.ok(performance.now() - openedAt < 10_000, 'candles and signal took more than ten seconds');

    const first = await closeNow();
    await page.waitForFunction(
      ([selector, before]) => document.querySelector(selector)?.textContent?.trim() !== before,
      [field('close'), first] as const,
    );

    await page.locator(field('entry')).first().waitFor();
    for (const name of ['entry', 'take-profit', 'stop-loss'])
      assert.match(await page.locator(field(name)).first().innerText(), /\d/, name);
    if (process.env.HUNTER_SCREENSHOT !== undefined)
      await page.screenshot({ path: process.env.HUNTER_SCREENSHOT });
    await context.close();
    assert.deepEqual(faults, []);
  });
});
