/** Pictures of the page for the documentation: by light, by dark, on a telephone. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { asInTheFleet, fleet, withServer } from './served.ts';

const looks = [
  { name: 'serve-light', colorScheme: 'light', viewport: { width: 1000, height: 720 } },
  { name: 'serve-dark', colorScheme: 'dark', viewport: { width: 1000, height: 720 } },
  { name: 'serve-phone', colorScheme: 'light', viewport: { width: 320, height: 640 } },
] as const;

/** Gives a line for each. */
export const takePictures = (browser: Browser, folder: string): Promise<string> =>
  withServer(fleet, async (served) => {
    await asInTheFleet(served);
    const lines: string[] = [];
    for (const { name, ...look } of looks) {
      const context = await browser.newContext(look);
      const page = await context.newPage();
      await page.goto(served.url);
      await page.getByText('Changes show by themselves.').waitFor();
      const path = join(folder, `${name}.png`);
      await page.screenshot({ path });
      lines.push(`${path}: ${Math.ceil(statSync(path).size / 1000)} kB\n`);
      await context.close();
    }
    return lines.join('');
  });
