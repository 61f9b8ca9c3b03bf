/** The commands of docs/palette.md, run one after the other: their output is what the page shows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { packCommand } from '../../src/cli/commands/pack/command.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { runProgram } from '../cli/commands/install/fake-world.ts';
import { serveRegistry } from '../fakes/registry.ts';

const page = readFileSync(new URL('../../docs/palette.md', import.meta.url), 'utf8');
const real = linuxHost();

/** Digests and sizes follow from the version of the libraries; everything else is as shown. */
const steady = (text: string): string =>
  text
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/[\d.]+ (?:kB|bytes)/g, 'SIZE')
    .trim();

test('init, validate, push, list and pull, as on the page', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'bos-docs-palette-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const registry = await serveRegistry({
    first: (line, _, response) => {
      const found = /^GET \/v2\/(_catalog|.*\/tags\/list)/.exec(line)?.[1];
      if (found === undefined) return false;
      const catalog = { repositories: ['team/spectro-packs/archive/edge-native-byoi'] };
      response.end(JSON.stringify(found === '_catalog' ? catalog : { tags: ['0.1.0'] }));
      return true;
    },
  });
  t.teardown(registry.close);
  const manifest = { v: 1, arch: 'amd64', kernel: '6.1', os: '0.1.0', dcp: null, files: [] };
  await real.files.makeDir(join(home, 'dist/artifacts'));
  await real.files.write(join(home, 'dist/artifacts/manifest-amd64.json'), JSON.stringify(manifest));
  const host: Host = { ...real, system: { ...real.system, env: { HOME: home }, cwd: () => home } };
  /** The page's places are those of this test. */
  const here = (text: string) =>
    text
      .replaceAll('127.0.0.1:5000', registry.name)
      .replaceAll(/\/(?:root|tmp)\b/g, (folder) => (folder === '/root' ? home : join(home, 'tmp')));
  await real.files.makeDir(join(home, 'tmp'));
  const run = async (line: string) => {
    const argv = here(line).split(' ').slice(1);
    const { exitCode, out, err } = await runProgram(argv, { commands: [packCommand], host });
    t.is(exitCode, 0, `${line}: ${err}`);
    return steady(out);
  };
  const [, init = '', made = ''] = /## Make a pack\n\n```sh\n(.*)\n```\n\n```\n(.*?)\n```/s.exec(page) ?? [];
  t.is(await run(init), steady(here(made)));
  const both = /^opsctl pack validate (\S+) && (opsctl pack push \S+ \S+)$/m.exec(page);
  t.is(await run(`opsctl pack validate ${both?.[1]}`), '');
  const [, session = ''] = /## Push a pack, and fetch it\n\n```\n(.*?)\n```/s.exec(page) ?? [];
  const shown = session.split(/^\$ /m).slice(1);
  t.is(shown.length, 3);
  t.true(shown[0]?.startsWith(both?.[2] ?? '-'));
  for (const part of shown) {
    const [line = '', ...output] = part.trim().split('\n');
    t.is(await run(line), steady(here(output.join('\n'))), line);
  }
});

test('every kind and every command of the page is one', (t) => {
  const names = packCommand.subcommands?.map(({ name }) => name) ?? [];
  for (const [, name = ''] of page.matchAll(/`?opsctl pack ([a-z]+)/g)) t.true(names.includes(name), name);
  const kinds = packCommand.subcommands?.find(({ name }) => name === 'init')?.options?.[0]?.choices ?? [];
  const [, table = ''] = /\| `--kind` \| the pack \|\n\|---\|---\|\n(.*?)\n\n/s.exec(page) ?? [];
  const shown = table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, kind]) => kind));
  t.deepEqual(shown, [...kinds]);
});
