/** The file and the commands of docs/profiles.md, run: what they print is what the page shows. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { profileCommand } from '../../src/cli/commands/profile/command.ts';
import { terraformCommand } from '../../src/cli/commands/terraform/command.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { runProgram } from '../cli/commands/install/fake-world.ts';
import { type PackFileTexts, soundPack, withMeta } from '../palette/pack-folders.ts';

const page = readFileSync(new URL('../../docs/profiles.md', import.meta.url), 'utf8');
const real = linuxHost();

function inFolder(t: ExecutionContext, files: PackFileTexts) {
  const home = mkdtempSync(join(tmpdir(), 'bos-docs-profiles-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const osPack = withMeta({ version: '0.1.0' }, { 'README.md': String(soundPack['README.md']) });
  for (const [path, text] of Object.entries({
    ...files,
    ...Object.fromEntries(
      Object.entries(osPack).map(([name, one]) => [`edge-native-byoi-0.1.0/${name}`, one]),
    ),
  })) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  const host: Host = { ...real, system: { ...real.system, cwd: () => home } };
  const commands = [profileCommand, terraformCommand];
  const run = (...argv: readonly string[]) => runProgram([...argv], { commands, host });
  return { home, run };
}

const blockAfter = (heading: string, fence: string): string =>
  new RegExp(`## ${heading}\\n.*?\`\`\`${fence}\\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';

test('init prints what the page shows', async (t) => {
  const { home, run } = inFolder(t, {});
  const [, line = '', shown = ''] =
    /## Make a profile\n\n```sh\n(.*)\n```\n\n```\n(.*?)```/s.exec(page) ?? [];
  const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, word]) => quoted ?? word ?? '')
    .slice(1);
  const { exitCode, out } = await run(...argv);
  t.is(exitCode, 0);
  t.is(out, shown.replaceAll('/root', home));
  t.is((await run('profile', 'validate', 'profile.yaml')).err, '');
});

test('the file of the page is sound, and is rendered both ways', async (t) => {
  const { run } = inFolder(t, {
    'profile.yaml': blockAfter('The file', 'yaml'),
    'k3s.yaml': 'cluster: {}\n',
  });
  t.deepEqual(await run('profile', 'validate', 'profile.yaml'), { exitCode: 0, out: '', err: '' });
  const { out } = await run('profile', 'render', 'profile.yaml');
  const { packs } = JSON.parse(out).spec.template;
  t.regex(packs[0].values, /system\.uri: '?\{\{\.spectro\.var\.uri\}\}'?\n/);
  t.is(packs[1].values, 'cluster: {}\n');
  t.regex(
    (await run('terraform', 'profile.yaml')).out,
    /resource "spectrocloud_cluster_edge_native" "site_1" \{/,
  );
});

test('diff prints what the page shows', async (t) => {
  const config = (mode: string) => `cluster:\n  config: |\n    write-kubeconfig-mode: ${mode}\n`;
  const before = (version: string, k3s: string, mode: string, cni: string) =>
    blockAfter('The file', 'yaml')
      .replace('version: 1.0.0', `version: ${version}`)
      .replace('edge-k3s:1.33.5', `edge-k3s:${k3s}`)
      .replace(/values_file:.*/, `values: ${JSON.stringify(config(mode))}`)
      .replace('cni-calico:3.30.2', cni);
  const { run } = inFolder(t, {
    'before.yaml': before('1.0.0', '1.33.5', '600', 'cni-calico:3.30.2'),
    'profile.yaml': before('1.1.0', '1.33.6', '640', 'cni-cilium:1.17.0'),
  });
  await run('profile', 'render', 'before.yaml', '-o', 'exported.json');
  const [, line = '', shown = ''] = /\n\$ (opsctl profile diff .*)\n(.*?)```/s.exec(page) ?? [];
  const { exitCode, out } = await run(...line.split(' ').slice(1));
  t.is(exitCode, 2);
  t.deepEqual(out.split('\n').toSorted(), shown.split('\n').toSorted());
});
