/**
 * The page of `opsctl iso serve` in Debian's Chromium: accessible by axe-core in every look, by keyboard alone, with
 * scripts and without. With --pictures it takes those of the documentation instead.
 *
 *   browser.ts [PART-OF-A-NAME] [--pictures [FOLDER]] [--chromium PATH]
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { checks } from './browser/checks.ts';
import { takePictures } from './browser/pictures.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'boolean', default: false },
    output: { type: 'string', default: join(import.meta.dirname, '../docs/pictures') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const browser = await chromium.launch({ executablePath: values.chromium });
try {
  if (values.pictures) process.stdout.write(await takePictures(browser, resolve(values.output)));
  else {
    const chosen = checks.filter(({ name }) => positionals.every((part) => name.includes(part)));
    if (chosen.length === 0)
      throw new Error(`no check is called so; there are:\n${checks.map(({ name }) => name).join('\n')}`);
    for (const { name, run } of chosen) {
      const began = performance.now();
      try {
        await run(browser);
        process.stdout.write(`passed  ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`);
      } catch (error) {
        process.exitCode = 1;
        process.stdout.write(`FAILED  ${name}\n${error instanceof Error ? error.stack : String(error)}\n`);
      }
    }
  }
} finally {
  await browser.close();
}
