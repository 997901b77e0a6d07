/** The report in a real browser, opened as a file: what a person does with it, that its charts are drawn and its console is silent. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { FileBrowser } from '../../../scripts/file-browser.ts';
import type { ReportData } from './report-data.ts';
import { sampleReport } from './testing/sample.ts';
import { writeReport } from './write-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-'));
const data = sampleReport({ lookback: 96, candles: 9_000, symbols: 3 });
let browser: FileBrowser | undefined;

before(async () => {
  browser = await FileBrowser.start();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens the report of a run. */
async function opened(
  run: ReportData,
  body: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const path = join(folder, 'out.html');
  writeReport(path, run);
  // what this test's own looking at pixels makes the console say
  const allowed = 'willReadFrequently';
  await browser!.open({ path, drawn: '[data-section="repeat"]', allowed, options }, body);
}

const section = (page: Page, name: string): Locator => page.locator(`[data-section="${name}"]`);

/** Waits until the biggest canvas of a chart holds several colours: with one, nothing was drawn. */
const drawn = (page: Page, name: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => {
      const canvases = [...document.querySelectorAll<HTMLCanvasElement>(`[data-section="${wanted}"] canvas`)];
      if (canvases.length === 0) return false;
      const biggest = canvases.reduce((a, b) => (a.width * a.height >= b.width * b.height ? a : b));
      if (biggest.width === 0 || biggest.height === 0) return false;
      const pixels = biggest.getContext('2d')?.getImageData(0, 0, biggest.width, biggest.height).data;
      return new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer(0))).size > 3;
    },
    name,
    { polling: 200 },
  );

/** What stands in a column of the first rows in sight. */
const column = (page: Page, name: string, rows = 8): Promise<string[]> =>
  page.evaluate(
    ([wanted, count]) => {
      const heads = [...document.querySelectorAll('.trades thead th')].map((head) =>
        (head.textContent ?? '').replace(/[ ▾▴]+$/, ''),
      );
      const place = heads.indexOf(wanted);
      return [...document.querySelectorAll('.trades tr.row')]
        .slice(0, count)
        .map((row) => row.children[place]?.textContent?.trim() ?? '');
    },
    [name, rows] as const,
  );
const numeric = (texts: readonly string[]): number[] =>
  texts.map((text) => Number(text.replace('−', '-').replaceAll(/[,+ %]/g, '')));

describe('the report', { timeout: 300_000 }, () => {
  test('digits are all as wide: the build once put the type behind it, which undid it', async () => {
    await opened(data, async (page) => {
      const numeric = await page
        .locator('.trades')
        .first()
        .evaluate((element) => getComputedStyle(element).fontVariantNumeric);
      assert.equal(numeric, 'tabular-nums');
    });
  });

  test('draws every chart and shows every section, light and dark', async () => {
    const grounds: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const)
      await opened(
        data,
        async (page) => {
          for (const name of ['equity', 'rolling', 'chart']) await drawn(page, name);
          for (const name of [
            'findings',
            'figures',
            'months',
            'histogram',
            'trades',
            'groups',
            'costs',
            'refusals',
          ])
            assert.ok(await section(page, name).isVisible(), name);
          assert.ok((await section(page, 'histogram').locator('rect').count()) > 3);
          assert.equal(await section(page, 'months').locator('tbody td:not(.all)').count(), 2);
          assert.match(await page.locator('[data-field="sample"]').innerText(), /^In-sample: /);
          assert.match(await page.title(), /^Backtest of BTC-USDT, ETH-USDT, SOL-USDT$/);
          grounds.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
        },
        { colorScheme },
      );
    assert.notEqual(grounds[0], grounds[1]);
  });

  test('says everything that is needed to repeat the run', async () => {
    await opened(data, async (page) => {
      const text = await section(page, 'repeat').innerText();
      for (const wanted of [
        data.run.command,
        data.run.settingsHash,
        data.run.code.version,
        ...data.run.data.map(({ sha256 }) => sha256),
      ])
        assert.ok(text.includes(wanted), wanted);
      await page.getByText('All settings (YAML)').click();
      assert.ok(await page.getByText('lookback: 96').isVisible());
    });
  });

  test('puts what cannot be on top, in red, with its reason', async () => {
    const fills = data.fills.map((fill, index) => (index === 3 ? { ...fill, price: fill.price * 2 } : fill));
    await opened({ ...data, fills }, async (page) => {
      const findings = section(page, 'findings');
      await findings.getByRole('heading', { name: 'This result cannot be. Do not use it.' }).waitFor();
      const box = await findings.boundingBox();
      assert.ok(box !== null && box.y < 400, 'in sight without scrolling');
      const [title, ground] = await findings.evaluate((element) => [
        getComputedStyle(element.querySelector('h2')!).color,
        getComputedStyle(element).backgroundColor,
      ]);
      assert.match(title!, /^rgb\(179, 38, 30\)$/);
      assert.notEqual(ground, 'rgba(0, 0, 0, 0)');
      assert.match(
        await findings.locator('[data-code="fillOutside"]').innerText(),
        /1 fill at prices the market did not have/,
      );
    });
  });

  test('sorts by any column, both ways, over all trades and not only those in sight', async () => {
    await opened(data, async (page) => {
      const nets = data.trades.map(({ net }) => Number(net)).sort((a, b) => b - a);
      const rounded = (values: readonly number[]): number[] =>
        values.map((value) => Number(value.toFixed(2)));
      await page.getByRole('button', { name: 'Net', exact: true }).click();
      assert.deepEqual(numeric(await column(page, 'Net')), rounded(nets.slice(0, 8)));
      await page.getByRole('button', { name: /^Net/ }).click();
      assert.deepEqual(numeric(await column(page, 'Net')), rounded(nets.slice(-8).reverse()));
      assert.equal(
        await page.locator('.trades th', { hasText: 'Net' }).getAttribute('aria-sort'),
        'ascending',
      );
      await page.getByRole('button', { name: 'Exit reason' }).click();
      const reasons = await column(page, 'Exit reason');
      assert.deepEqual(reasons, [...reasons].sort());
    });
  });

  test('filters by kind and by words, counts what is left, and takes it back', async () => {
    await opened(data, async (page) => {
      const summary = page.locator('[data-field="trades-summary"]');
      const count = (pick: (trade: (typeof data.trades)[number]) => boolean): string =>
        `${data.trades.filter(pick).length} of ${data.trades.length.toLocaleString('en-US')} trades`;
      await page.locator('select[name="exitReason"]').selectOption('takeProfit');
      await summary.getByText(count(({ exitReason }) => exitReason === 'takeProfit')).waitFor();
      assert.deepEqual([...new Set(await column(page, 'Exit reason', 20))], ['Take profit']);
      await page.locator('select[name="direction"]').selectOption('short');
      await summary
        .getByText(count(({ exitReason, direction }) => exitReason === 'takeProfit' && direction === 'short'))
        .waitFor();
      await page.getByLabel('Words').fill('no such words');
      await page.getByText('No trade is of this kind.').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await summary.getByText(`${data.trades.length.toLocaleString('en-US')} trades`).waitFor();
      assert.equal(await page.locator('select[name="direction"]').inputValue(), '');
    });
  });

  test('a row of a breakdown shows its trades', async () => {
    await opened(data, async (page) => {
      const hour = data.trades.filter(({ openedAt }) => new Date(openedAt).getUTCHours() === 13);
      await page.locator('[data-group="hour"]').getByRole('button', { name: '13:00' }).click();
      await page.locator('[data-field="trades-summary"]').getByText(`${hour.length} of `).waitFor();
      await page.getByText('entered 13:00 to 13:59').waitFor();
      for (const entered of await column(page, 'Entered')) assert.match(entered, / 13:\d\d$/);
    });
  });

  test('a click on a trade jumps to it on its own chart, with its reasons and its fills', async () => {
    await opened(data, async (page) => {
      const index = data.trades.findIndex(({ symbol }) => symbol === 'SOL-USDT-SWAP');
      const trade = data.trades[index]!;
      await page.locator('select[name="symbol"]').selectOption('SOL-USDT-SWAP');
      await page.locator(`tr[data-trade="${index}"]`).click();
      const detail = page.locator('[data-field="trade"]');
      await detail.getByRole('heading').waitFor();
      const text = (await detail.innerText()).replaceAll(/\s+/g, ' ');
      assert.ok(text.toLowerCase().startsWith(`${trade.direction} ${trade.size} sol-usdt`), text);
      for (const reason of trade.reasons) assert.ok(text.includes(reason), reason);
      assert.match(text, /market order, at the open of the bar/);
      assert.equal(await section(page, 'chart').getByLabel('Instrument').inputValue(), 'SOL-USDT-SWAP');
      const inSight = await section(page, 'chart').boundingBox();
      assert.ok(inSight !== null && inSight.y < 200 && inSight.y > -50, `chart at ${inSight?.y}`);
      await drawn(page, 'chart');
      // green and red of target and stop are on the canvas: nothing else there has these colours
      const hasLevels = await page.evaluate(() => {
        const canvases = [...document.querySelectorAll<HTMLCanvasElement>('[data-section="chart"] canvas')];
        const seen = new Set<string>();
        for (const canvas of canvases) {
          const { data: pixels } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          for (let at = 0; at < pixels.length; at += 4)
            seen.add(`${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`);
        }
        return [seen.has('11,122,98'), seen.has('194,64,42')];
      });
      assert.deepEqual(hasLevels, [true, true]);
      await page.getByRole('button', { name: 'Next trade' }).click();
      const next = data.trades.findIndex((other, place) => place > index && other.symbol === trade.symbol);
      await page.locator(`tr.chosen[data-trade="${next}"]`).waitFor();
    });
  });

  test('can be used from the keyboard alone', async () => {
    await opened(data, async (page) => {
      await page.locator('.rows').focus();
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp']) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      await page.locator('tr.chosen[data-trade="2"]').waitFor();
      await page.locator('.rows').focus();
      await page.keyboard.press('End');
      await page.locator(`tr.active[data-trade="${data.trades.length - 1}"]`).waitFor();
      await page.locator('[data-section="chart"] .drawing').focus();
      const reading = page.locator('[data-field="candle"]');
      assert.match(await reading.innerText(), /O .* H .* L .* C /);
      for (const key of ['ArrowLeft', '+', '-', 'Home', 'End', '0']) await page.keyboard.press(key);
      await drawn(page, 'chart');
      await page.getByRole('button', { name: 'dark' }).focus();
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.documentElement.style.colorScheme), 'dark');
    });
  });

  test('fits a desk, a tablet and a phone without scrolling sideways, and no chart is blank', async () => {
    await opened(data, async (page) => {
      for (const [width, height] of [
        [1920, 1080],
        [1024, 768],
        [390, 844],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.waitForFunction((wanted) => innerWidth === wanted, width);
        for (const name of ['equity', 'rolling', 'chart']) await drawn(page, name);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
      }
    });
  });

  test('runs nothing that stands in the data, and shows it as it stands', async () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
    const rename = (symbol: string): string => (symbol === 'BTC-USDT-SWAP' ? evil : symbol);
    await opened(
      {
        ...data,
        run: {
          ...data.run,
          command: evil,
          settings: evil,
          changed: [{ key: evil, value: evil, default: evil }],
        },
        sample: { ...data.sample, note: evil },
        lookAhead: { verdict: 'suspected', detail: evil },
        instruments: data.instruments.map((spec) => ({
          ...spec,
          symbol: rename(spec.symbol),
          contract: evil,
        })),
        accounts: data.accounts.map((account) => ({
          ...account,
          currency: evil,
          symbols: account.symbols.map(rename),
          benchmark: account.benchmark && { ...account.benchmark, description: evil },
        })),
        trades: data.trades.map((trade) => ({
          ...trade,
          symbol: rename(trade.symbol),
          strategy: evil,
          exitReason: evil,
          reasons: [evil],
        })),
        fills: data.fills.map((fill) => ({ ...fill, symbol: rename(fill.symbol), why: evil })),
        candles: data.candles.map((candles) => ({ ...candles, symbol: rename(candles.symbol) })),
        decisions: { entered: 1, refused: [{ symbol: evil, reason: evil, count: 1, example: evil }] },
      },
      async (page) => {
        await page.locator('tr.row').first().click();
        await page.locator('[data-field="trade"]').getByText(evil).first().waitFor();
        assert.equal(await page.locator('img').count(), 0);
        assert.ok((await page.getByText(evil).count()) > 5);
      },
    );
  });

  test('what was refused is told by instrument and reason, with an example', async () => {
    const example = 'size 0 lots, the venue takes at least 1';
    const refused = [{ symbol: 'SOL-USDT-SWAP', reason: 'size', count: 303, example }];
    await opened({ ...data, decisions: { entered: 101, refused } }, async (page) => {
      const row = page.locator('[data-section="refusals"] tr', { hasText: 'SOL-USDT refused: Size' });
      assert.match((await row.innerText()).replaceAll(/\s+/g, ' '), new RegExp(`${example} 303 75.0 %`));
    });
  });

  test('accounts that begin with the same are told once', async () => {
    const [account] = data.accounts;
    const accounts = [account!, account!, account!, { ...account!, startBalance: '5' }];
    await opened({ ...data, accounts }, async (page) => {
      await page.getByText('3 accounts of 100,000.00 USDT and 5.00 USDT to begin with').waitFor();
    });
  });

  test('two accounts in two currencies are shown one at a time, never as a sum', async () => {
    const [account] = data.accounts;
    const two = [account!.symbols.slice(0, 1), account!.symbols.slice(1)];
    const nets = two.map((symbols) =>
      data.trades
        .filter(({ symbol }) => symbols.includes(symbol))
        .reduce((sum, { net }) => sum + Number(net), 0),
    );
    await opened(
      {
        ...data,
        accounts: two.map((symbols, index) => ({
          ...account!,
          symbols,
          currency: index === 0 ? 'USDT' : 'USDC',
        })),
      },
      async (page) => {
        const summary = page.locator('[data-field="trades-summary"]');
        const shown = async (): Promise<number> =>
          Number(
            /net ([+−][\d,.]+)/
              .exec(await summary.innerText())![1]!
              .replace('−', '-')
              .replace(',', ''),
          );
        assert.ok(Math.abs((await shown()) - nets[0]!) < 0.01);
        await page.getByRole('button', { name: 'USDC account' }).click();
        await page.locator('tr.row').first().waitFor();
        assert.ok(Math.abs((await shown()) - nets[1]!) < 0.01);
        assert.match(await summary.innerText(), /USDC/);
        for (const name of ['equity', 'chart']) await drawn(page, name);
        assert.deepEqual(
          await section(page, 'chart').getByLabel('Instrument').locator('option').allInnerTexts(),
          ['ETH-USDT', 'SOL-USDT'],
        );
      },
    );
  });

  test('a run without trades, of one day, without candles, is a page and not a wreck', async () => {
    const { equity } = data.accounts[0]!;
    const cut = (values: readonly number[]): number[] => values.slice(0, 20);
    await opened(
      {
        ...data,
        trades: [],
        fills: [],
        candles: [],
        to: equity.at[19]!,
        accounts: data.accounts.map((account) => ({
          ...account,
          balance: account.startBalance,
          realized: '0',
          fees: '0',
          benchmark: null,
          equity: {
            ...equity,
            at: cut(equity.at),
            equity: cut(equity.equity),
            drawdown: cut(equity.drawdown),
            exposure: cut(equity.exposure),
          },
        })),
        decisions: { entered: 0, refused: [] },
      },
      async (page) => {
        await section(page, 'findings').getByText('No trade was closed').waitFor();
        assert.ok((await page.getByText('not enough').count()) > 5);
        await page.getByText('The run keeps no candles').waitFor();
        await page.getByText('Not enough days: more than 30 are needed.').waitFor();
        await drawn(page, 'equity');
        assert.equal(await page.getByText('could not be drawn').count(), 0);
        assert.doesNotMatch(await page.locator('body').innerText(), /NaN|undefined|Infinity/);
      },
    );
  });

  test('five instruments, 44,064 candles each and thousands of trades stay light and quick', async () => {
    const large = sampleReport({ lookback: 36, candles: 44_064, symbols: 5 });
    assert.ok(large.trades.length > 4_000, `${large.trades.length} trades`);
    await opened(large, async (page) => {
      const megabytes = statSync(join(folder, 'out.html')).size / 1e6;
      assert.ok(megabytes < 4, `${megabytes} MB`);
      await page.getByRole('button', { name: 'Net', exact: true }).click();
      assert.ok((await page.locator('tr.row').count()) < 80, 'only the rows in sight exist');
      await page.locator('.rows').evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.locator(`tr[aria-rowindex="${large.trades.length + 1}"]`).waitFor();
      for (const name of ['equity', 'rolling', 'chart']) await drawn(page, name);
      await page.locator('[data-section="chart"] .drawing').focus();
      await page.keyboard.press('0');
      await drawn(page, 'chart');
    });
  });
});
