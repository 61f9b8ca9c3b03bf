/** The commands of docs/edge-media.md, run one after the other: their output is what the page shows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { edgeCommand } from '../../src/cli/commands/edge/command.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { runProgram } from '../cli/commands/install/fake-world.ts';
import { temporaryFolder } from '../formats/support.ts';
import { makeInstaller } from '../palette/edge/media/installer.ts';
import { faultsOf } from '../palette/edge/user-data-texts.ts';

const page = readFileSync(new URL('../../docs/edge-media.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const sessions = blocks.filter(({ language }) => language === 'console');
const files = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => text);

/** Sizes follow from the image; folders are those of this test. */
const steady = (text: string) => text.replaceAll(/\d+ bytes/g, 'N bytes').trim();

test('every command of the page, in its order', async (t) => {
  const folder = temporaryFolder(t);
  const real = linuxHost();
  makeInstaller(folder);
  await real.files.makeDir(join(folder, 'content-3a1b'));
  writeFileSync(join(folder, 'content-3a1b/shop.zst'), zstdCompressSync(Buffer.from('images')));
  writeFileSync(join(folder, 'spc.tgz'), gzipSync('cluster'));
  for (const text of files) {
    const [, name = ''] = /^# ([\w-]+(?:\.yaml)?)$/m.exec(text) ?? [];
    writeFileSync(join(folder, name), text);
  }
  t.is(files.length, 2);
  t.is(sessions.length, 4);
  const host: Host = { ...real, system: { ...real.system, cwd: () => folder } };
  for (const { text } of sessions) {
    const [line = '', ...output] = text.slice(2).split('\n');
    const argv = line
      .split(' ')
      .slice(1)
      .map((word) => (/^(?:[\w-]+\.\w+|user-data|content-\w+)$/.test(word) ? join(folder, word) : word));
    const { exitCode, out, err } = await runProgram(argv, {
      commands: [edgeCommand],
      host,
      terminal: { columns: 200 },
    });
    t.is(exitCode, 0, `${line}: ${err}`);
    const said = `${line.includes('validate') ? err : ''}${out}`.replaceAll(`${folder}/`, '');
    if (output.join('') !== '') t.is(steady(said), steady(output.join('\n').replaceAll('/srv/', '')), line);
  }
});

test('the table of mistakes: each is told as the page says', (t) => {
  const said = (body: string) => faultsOf(`#cloud-config\n${body}`, { site: true });
  const error = (body: string) => said(body).some((line) => !/^u:\d+:\d+: (?:warning|note): /.test(line));
  for (const body of [
    'stylus: {site: {caCerts: ["------BEGIN CERTIFICATE------"]}}\n',
    'stylus:\n  registryCredentials:\n    domain: a\n    password: ####\n',
    'stylus: {site: {projectUid: 12345677788}}\n',
    'stages: {initramfs: [{users: {a: {passwd: ******}}}]}\n',
    'stages: {initramfs: {files: []}}\n',
    'stages:\n  boot:\n    - if: [-f "/x"]\n',
    'boot.after: []\n',
    'stylus: {site: {edgeHostToken: <yourToken>}}\n',
    'stylus:\n  site:\n    edgeHostToken: $TOKEN\n',
  ])
    t.true(error(body), body);
  t.false(error('stylus: {site: {debug: true}}\n'));
  t.is(said('stylus: {site: {debug: true}}\n').length, 1);
});
