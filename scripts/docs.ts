/**
 * Writes the pages of docs/ that are made from the code.
 *
 *   docs.ts [--check]
 *
 * `--check` writes nothing and ends with exit code 1 when a page is stale.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linuxHost } from '../src/host/linux/index.ts';
import { pages } from './docs-pages.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const { files } = linuxHost();

for (const { path, text } of pages()) {
  const target = join(root, path);
  const before = (await files.exists(target)) ? await files.readText(target) : undefined;
  if (before === text) continue;
  if (values.check) {
    process.stderr.write(`${path} is stale: run "make docs"\n`);
    process.exitCode = 1;
    continue;
  }
  await files.makeDir(join(target, '..'));
  await files.write(target, text);
  process.stdout.write(`${path}\n`);
}
