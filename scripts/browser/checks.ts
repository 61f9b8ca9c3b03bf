/** What must hold of the page in a browser. */
import { strict as assert } from 'node:assert';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { asInTheFleet, fleet, type Machines, type Served, thousand, withServer } from './served.ts';

export interface Check {
  readonly name: string;
  readonly run: (browser: Browser) => Promise<void>;
}

/** Opens the page; nothing that the browser complains about may be left at the end. */
async function opened(
  browser: Browser,
  machines: Machines,
  options: BrowserContextOptions,
  use: (page: Page, served: Served) => Promise<void>,
): Promise<void> {
  await withServer(machines, async (served) => {
    if (machines === fleet) await asInTheFleet(served);
    const context = await browser.newContext(options);
    const said: string[] = [];
    try {
      const page = await context.newPage();
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      await page.goto(served.url);
      await use(page, served);
      assert.deepEqual(said, []);
    } finally {
      await context.close();
    }
  });
}

const desktop = { viewport: { width: 1000, height: 720 } } as const;
const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } as const;

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
  readonly passes: readonly unknown[];
}

/** Every rule that axe-core has, those of good practice and of the strictest contrast among them. */
async function accessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate(
    `axe.run(document, { rules: { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } } })`,
  )) as AxeResults;
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, []);
  assert.ok(passes.length > 15, `axe-core looked at ${passes.length} things`);
}

/** Nothing has to be scrolled sideways for. */
async function fits(page: Page): Promise<void> {
  const widths = '[document.documentElement.scrollWidth, document.documentElement.clientWidth]';
  const [all = 0, seen = 0] = (await page.evaluate(widths)) as number[];
  assert.ok(all <= seen, `${all} pixels in ${seen}`);
}

const looks: readonly Check[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  (
    [
      ['desktop', desktop],
      ['telephone', phone],
    ] as const
  ).flatMap(([screen, options]) =>
    (
      [
        ['a fleet with faults', fleet],
        ['no machines', {}],
        ['a thousand', thousand],
      ] as const
    ).map(
      ([what, machines]): Check => ({
        name: `accessible: ${what}, ${colorScheme}, ${screen}`,
        run: (browser) =>
          opened(browser, machines, { ...options, colorScheme }, async (page) => {
            await page.getByText('Changes show by themselves.').waitFor();
            await accessible(page);
            await fits(page);
          }),
      }),
    ),
  ),
);

const withoutScripts: Check = {
  name: 'without scripts: found, paged, refreshed',
  run: (browser) =>
    opened(browser, thousand, { ...phone, javaScriptEnabled: false }, async (page, served) => {
      await page.getByRole('link', { name: 'Next page' }).click();
      await page.getByText('1000 machines; page 2 of 10.').waitFor();
      assert.equal(await page.getByRole('rowheader').first().textContent(), 'node0100');
      await page.getByLabel('Find machines').fill('node09');
      await page.getByLabel('Find machines').press('Enter');
      await page.getByText('100 of 1000 machines found.').waitFor();
      assert.match(page.url(), /\?q=node09$/);
      await served.report('node0900', 'first-byte');
      await page.getByRole('link', { name: 'Refresh' }).click();
      await page.getByText('Download begun').waitFor();
      assert.match(page.url(), /\?q=node09$/);
      await fits(page);
    }),
};

const keyboard: Check = {
  name: 'by keyboard alone: each link and field is reached in order and seen, and does what it says',
  run: (browser) =>
    opened(browser, fleet, desktop, async (page) => {
      await page.getByText('Changes show by themselves.').waitFor();
      const active = (what: string) =>
        page.evaluate(`(() => { const e = document.activeElement; return ${what}; })()`);
      await page.keyboard.press('Tab');
      assert.equal(await active('e.name'), 'q');
      await page.keyboard.type('control-2');
      await page.keyboard.press('Enter');
      await page.getByText('1 of 8 machines found.').waitFor();
      const names: unknown[] = [];
      for (let tabs = 0; tabs < 5; tabs += 1) {
        await page.keyboard.press('Tab');
        names.push(await active('e.getAttribute("aria-label") ?? e.textContent'));
        assert.notEqual(await active('getComputedStyle(e).outlineStyle'), 'none');
      }
      const links = ['ISO of control-2', 'SHA-256 of control-2', 'machines.json', 'metrics'];
      assert.deepEqual(names, ['Find', ...links]);
      for (let back = 0; back < 3; back += 1) await page.keyboard.press('Shift+Tab');
      const download = page.waitForEvent('download');
      await page.keyboard.press('Enter');
      assert.equal((await download).suggestedFilename(), 'control-2.iso');
    }),
};

const live: Check = {
  name: 'with scripts: what becomes of a machine shows by itself, also of what is found meanwhile',
  run: (browser) =>
    opened(browser, thousand, desktop, async (page, served) => {
      await page.getByText('Changes show by themselves.').waitFor();
      const cell = (name: string) => page.locator(`[data-machine=${name}]`);
      assert.equal(await cell('node0003').textContent(), 'Nothing yet');
      await served.report('node0003', 'booted-medium', Date.UTC(2026, 10, 30, 12, 5));
      await page.getByText('Booted the medium').waitFor();
      assert.equal(await cell('node0003').textContent(), 'Booted the medium2026-11-30 12:05 UTC');
      await page.getByLabel('Find machines').pressSequentially('node0999');
      await page.getByText('1 of 1000 machines found.').waitFor();
      assert.equal(await page.getByRole('rowheader').count(), 1);
      await served.report('node0999', 'booted-disk');
      await page.getByText('Installed, disk booted').waitFor();
      // Only what was looked for is spoken; a fleet that installs would talk without end.
      assert.equal(await page.locator('[aria-live], [role=status], [role=alert], [role=log]').count(), 1);
      await page.getByLabel('Find machines').fill('');
      await page.getByText('1000 machines; page 1 of 10.').waitFor();
      await page.getByText('Booted the medium').waitFor();
    }),
};

export const checks: readonly Check[] = [...looks, withoutScripts, keyboard, live];
