import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findChromium } from './chromium.ts';

/** Long for a loaded machine; on an idle one all of it comes within a second. */
const PATIENCE_MS = 30_000;

export interface PageOfFile {
  readonly path: string;
  /** What stands there when the page is drawn, as a selector. */
  readonly drawn: string;
  /** Part of what the console may say. */
  readonly allowed?: string;
  readonly options?: BrowserContextOptions;
}

/** A real browser that opens pages as files, one after the other. */
export class FileBrowser {
  private readonly browser: Browser;

  static async start(): Promise<FileBrowser> {
    try {
      const { executablePath, args } = await findChromium();
      return new FileBrowser(await chromium.launch({ executablePath, args: [...args], headless: true }));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
      throw new Error(`no browser could be started for the test of a page: ${reason}`);
    }
  }

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  /** Any error in the page, and any request for another file or place, is a failure. */
  async open(
    { path, drawn, allowed, options }: PageOfFile,
    body: (page: Page) => Promise<void>,
  ): Promise<void> {
    const url = pathToFileURL(path).href;
    const context = await this.browser.newContext({
      ...{ locale: 'en-US', viewport: { width: 1440, height: 900 } },
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`page error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (allowed === undefined || !message.text().includes(allowed))
        faults.push(`console ${message.type()}: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) faults.push(`request to ${request.url()}`);
    });
    try {
      await page.goto(url);
      await page.locator(drawn).waitFor();
      await body(page);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
