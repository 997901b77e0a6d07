/** The evaluation's page in a real browser, opened as a file: every section, whatever was graded, with numbers that are numbers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { FileBrowser } from '../../../../scripts/file-browser.ts';
import { BookEvent } from '../../../core/events.ts';
import { frameOf } from '../../../core/testing/books.ts';
import { SPECS } from '../../../core/testing/specs.ts';
import { us } from '../../../core/units.ts';
import { loadScenario } from '../../../exchange/scenarios/load.ts';
import { TapeWriter } from '../../../tape/writer.ts';
import { SIMULATED_FROM } from '../../simulate.ts';
import { simulateToFiles } from '../../simulation-files.ts';
import type { Evaluation } from '../evaluate.ts';
import { evaluated, MADE_SECTION } from '../testing/sample.ts';
import { writeEvaluation } from './write-evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
let browser: FileBrowser | undefined;
/** Twelve minutes of a market with planted manipulators. */
let whole: Evaluation;

before(async () => {
  browser = await FileBrowser.start();
  const market = join(folder, 'market');
  await simulateToFiles(
    {
      ...{ seed: 5, scenario: loadScenario('manipulated'), symbols: ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'] },
      ...{ feed: 'books', from: SIMULATED_FROM },
    },
    12,
    market,
  );
  whole = await evaluated(join(market, 'market.tape'), join(market, 'labels.jsonl'));
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens the page of an evaluation; a section that could not be drawn, and a number that is none, is a failure. */
async function opened(
  evaluation: Evaluation,
  body: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const path = join(folder, 'out.html');
  writeEvaluation(path, evaluation);
  await browser!.open({ path, drawn: '[data-section="recordings"]', options }, async (page) => {
    await body(page);
    assert.equal(await page.getByText('could not be drawn').count(), 0);
    assert.doesNotMatch(await page.locator('main').innerText(), /NaN|undefined|Infinity|\[object/);
    const drawings = await page.evaluate(() =>
      [...document.querySelectorAll('svg')].map(({ innerHTML }) => innerHTML).join('\n'),
    );
    assert.doesNotMatch(drawings, /NaN|Infinity|undefined/);
  });
}

describe('the page of an evaluation', () => {
  test('shows every section with its figures, curves, checks, and the recording it is of', async () => {
    await opened(whole, async (page) => {
      assert.match(await page.locator('h1').innerText(), /^Evaluation on BTC-USDT, ETH-USDT$/);
      for (const { name, figures, charts, tables } of whole.sections) {
        const section = page.locator(`[data-section="${name}"]`);
        assert.equal(await section.locator('table.figures tbody tr').count(), figures.length, name);
        assert.equal(await section.locator('[data-chart]').count(), charts.length, name);
        for (const { title } of tables) await section.getByText(title).first().waitFor();
      }
      const calibration = page.locator('[data-chart^="Calibration"] circle');
      assert.ok((await calibration.count()) >= 5, 'the buckets are drawn');
      const checks = whole.sections.flatMap((section) => section.checks);
      assert.equal(await page.locator('[data-section="checks"] tbody tr').count(), checks.length);
      const recordings = page.locator('[data-section="recordings"]');
      await recordings.getByText(whole.tapes[0]!.sha256).waitFor();
      await recordings.getByText(/spoof_wall/).waitFor();
    });
  });

  test('says what is known against the data: fitted or tuned on, labels that may be of another tape', async () => {
    await opened(whole, async (page) => {
      await page.locator('.sample').getByText('In-sample').waitFor();
      await page
        .locator('[data-section="recordings"]')
        .getByText('In-sample: seed 5 is one of 1 to 999')
        .waitFor();
      assert.equal(await page.getByText('do not say which tape').count(), 0);
      const checks = page.locator('[data-section="checks"]');
      await checks.getByText('knows nothing of the future').waitFor();
      await checks.getByText('grading finds nothing where nothing is').first().waitFor();
      assert.equal(await page.getByText('falls to chance').count(), 0);
    });
    const tapes = whole.tapes.map((tape) => ({ ...tape, inSample: [], labelsNameTape: false }));
    await opened({ ...whole, tapes }, async (page) => {
      assert.equal(await page.getByText('In-sample').count(), 0);
      await page.getByText('The labels do not say which tape they are of').waitFor();
    });
  });

  test('every form of figure, chart and table', async () => {
    await opened({ ...whole, sections: [MADE_SECTION] }, async (page) => {
      const section = page.locator('[data-section="made detector"]');
      const row = section.locator('tr', { hasText: 'PR-AUC' });
      assert.match(
        (await row.innerText()).replaceAll(/\s+/g, ' '),
        /0\.71 0\.66 … 0\.76 wall vanishes 0\.12/,
      );
      assert.equal(await row.locator('b.gain').count(), 1, 'the rival is beaten');
      await section.getByText('80 %').waitFor();
      await section.getByText('no alarm at this threshold').first().waitFor();
      await section.getByText('Nothing to draw').waitFor();
      await section.getByText('Nothing to be told.').waitFor();
      assert.equal(await section.locator('svg').count(), 2);
    });
  });

  test('a leak is the first thing that is said', async () => {
    const leak = { ...MADE_SECTION.checks[0]!, verdict: 'leaks' as const };
    await opened({ ...whole, sections: [{ ...MADE_SECTION, checks: [leak] }] }, async (page) => {
      const alarm = page.locator('[data-section="leaks"]');
      const said = await alarm.innerText();
      assert.match(said, /not to be believed[\s\S]*made detector[\s\S]*labels shifted/);
      assert.match(said, /spoiled 0\.02; chance, 95 %, 0 … 0\.05; honest 0\.7/);
      assert.equal(await alarm.getByRole('link').getAttribute('href'), '#checks');
      // on one line each, not squeezed into a column
      const told = await alarm.locator('li p').boundingBox();
      assert.ok(told!.width > 400 && told!.height < 40, `${told!.width} × ${told!.height}`);
      const [top, first] = [await alarm.boundingBox(), await page.locator('.graded').first().boundingBox()];
      assert.ok(top!.y < first!.y);
    });
  });

  test('no labels, a tape of seconds, and nothing at all are pages and not wrecks', async () => {
    const path = join(folder, 'short.tape');
    const tape = TapeWriter.create(path, [SPECS.btc], { source: 'made', notes: [], bar: '' });
    for (let i = 0; i < 30; i++)
      tape.write(
        new BookEvent(
          us(1_800_000_000_000_000 + i * 100_000),
          0,
          frameOf(i === 0, [[100, 5 + i]], [[101, 5]]),
        ),
      );
    tape.close();
    const short = await evaluated(path, null);
    assert.ok(short.sections.length > 0);
    await opened(short, async (page) => {
      await page.locator('header').getByText('nobody knows what was there to be found').waitFor();
      await page
        .getByText(/not enough/)
        .first()
        .waitFor();
    });
    await opened({ ...short, sections: [] }, async (page) => {
      await page.getByText('No detector has anything to say').waitFor();
      await page.getByText('Nothing could be spoiled').waitFor();
    });
  });

  test('fits a desk, a tablet and a phone without scrolling sideways, in the dark too', async () => {
    await opened(
      { ...whole, sections: [...whole.sections, MADE_SECTION] },
      async (page) => {
        for (const [width, height] of [
          [1920, 1080],
          [1024, 768],
          [390, 844],
        ] as const) {
          await page.setViewportSize({ width, height });
          await page.waitForFunction((wanted) => innerWidth === wanted, width);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
        }
        await page.getByRole('button', { name: 'light' }).click();
        assert.equal(await page.evaluate(() => document.documentElement.style.colorScheme), 'light');
      },
      { colorScheme: 'dark' },
    );
  });

  test('runs nothing that stands in the data, and shows it as it stands', async () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
    const section = {
      ...MADE_SECTION,
      ...{ name: evil, question: evil, notes: [evil] },
      tables: [{ title: evil, columns: [evil], rows: [[evil]] }],
      checks: [{ ...MADE_SECTION.checks[0]!, name: evil, detail: evil }],
    };
    const tapes = whole.tapes.map((tape) => ({ ...tape, path: evil, holds: evil, labels: evil }));
    await opened({ ...whole, tapes, symbols: [evil], command: evil, sections: [section] }, async (page) => {
      assert.equal(await page.locator('img').count(), 0);
      assert.ok((await page.getByText(evil).count()) > 5);
    });
  });

  test('the same evaluation is the same bytes', () => {
    const [one, other] = [join(folder, 'one.html'), join(folder, 'other.html')];
    writeEvaluation(one, whole);
    writeFileSync(other, 'what stood there before');
    writeEvaluation(other, whole);
    assert.equal(readFileSync(one, 'utf8'), readFileSync(other, 'utf8'));
  });
});
