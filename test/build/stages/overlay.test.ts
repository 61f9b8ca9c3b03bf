/** What is laid over Debian's files: the entries, and the scripts and units in them. */
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { architectures } from '../../../src/architectures.ts';
import { bootFiles } from '../../../src/build/stages/boot.ts';
import { overlayDigest, overlayEntries } from '../../../src/build/stages/overlay.ts';
import { newFolders } from '../../../src/build/stages/rootfs.ts';
import { walkTree } from '../../../src/build/tree.ts';
import { folder, realHost } from '../support.ts';

const { files, processes } = realHost;
const project = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

async function entries(tree = `${project}/os/overlay`) {
  return overlayEntries(realHost, {
    arch: 'amd64',
    tree,
    bundle: `${project}/package.json`,
    version: '1.2.3',
    own: false,
  });
}

test('opsctl, its Node, the boot files, both names and the enabled units are there once', async (t) => {
  const all = await entries();
  const paths = all.map(({ path }) => path);
  t.is(new Set(paths).size, paths.length);
  for (const path of [
    'usr/lib/bhojpur/opsctl.cjs',
    'usr/lib/bhojpur/opsctl-start.cjs',
    'usr/lib/bhojpur/opsctl-phases.cjs',
    'usr/lib/bhojpur/node',
    'usr/bin/opsctl',
    'usr/bin/opsutl',
    'etc/os-release',
    ...bootFiles(architectures.amd64).map((name) => `usr/lib/bhojpur/boot/${name}`),
  ])
    t.true(paths.includes(path), path);
  for (const entry of all)
    if ('link' in entry && entry.path.startsWith('etc/systemd/system/'))
      t.true(paths.includes(entry.link.slice(1)), `${entry.path} enables a unit that does not exist`);
});

test('the prompts show what is written to /run while the system runs', async (t) => {
  const link = (await entries()).find(({ path }) => path === 'etc/issue.d');
  t.like(link, { link: '../run/issue.d' });
});

test('programs are executable, everything else is not; nothing lies outside etc and usr', async (t) => {
  for (const entry of await entries()) {
    t.regex(entry.path, /^(etc|usr)\/[^/]/);
    if (!('mode' in entry)) continue;
    const program =
      /^usr\/(bin|sbin|share\/bhojpur\/os\/scripts|lib\/systemd\/system-shutdown)\/|^usr\/lib\/bhojpur\/(node|[^/.]+\.sh)$/.test(
        entry.path,
      );
    if (program) t.is(entry.mode, 0o755, entry.path);
    else t.true(entry.mode === 0o644 || entry.path.startsWith('usr/lib/bhojpur/'), entry.path);
  }
});

test('the key follows contents and modes of the tree, not its place or a umask', async (t) => {
  const digests: string[] = [];
  for (const [mode, text] of [
    [0o644, 'a'],
    [0o600, 'a'],
    [0o755, 'a'],
    [0o644, 'b'],
  ] as const) {
    const tree = await folder(t);
    await files.write(`${tree}/file`, text, { mode });
    const own = (await entries(tree)).filter(({ path }) => path === 'file');
    digests.push(JSON.stringify(await overlayDigest(realHost, own)));
  }
  t.is(digests[1], digests[0]);
  t.is(new Set(digests).size, 3);
});

test('folders that the base lacks are made, parents too', (t) => {
  const overlay = [{ path: 'usr/lib/bhojpur/boot/boot.img' }, { path: 'usr/bin/opsctl' }];
  const known = new Set(['./', './usr', './usr/lib', './usr/bin']);
  t.deepEqual(newFolders(overlay, known), ['./usr/lib/bhojpur', './usr/lib/bhojpur/boot']);
});

/** The scripts of a tree by their first line, or their name. */
async function scripts(tree: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path, stat } of await walkTree(files, tree))
    if (
      stat.type === 'file' &&
      (path.endsWith('.sh') || /^#!.*\bsh\n/.test(await files.readText(`${tree}/${path}`)))
    )
      found.push(`${tree}/${path}`);
  return found;
}

test('every shell script of the OS is read by dash and by busybox', async (t) => {
  const all = await scripts(`${project}/os`);
  t.true(all.some((path) => path.endsWith('/os/initrd/init')));
  t.true(all.some((path) => path.endsWith('/usr/bin/opsctl')));
  const shells = ['dash -n'];
  if ((await processes.which('busybox')) !== undefined) shells.push('busybox sh -n');
  const each = 'for script; do $SHELL_TO_TRY "$script" || { echo "$script" >&2; exit 1; }; done';
  for (const shell of shells)
    await t.notThrowsAsync(
      processes.run('sh', ['-c', each, 'sh', ...all], { env: { SHELL_TO_TRY: shell } }),
      shell,
    );
});

test('systemd takes every unit as it is written', async (t) => {
  const tree = `${project}/os/overlay/usr/lib/systemd/system`;
  const units = (await files.list(tree)).filter((name) => name.endsWith('.service'));
  t.true(units.length > 0);
  if ((await processes.which('systemd-analyze')) === undefined)
    return void t.log('systemd-analyze is not here');
  // A copy: the programs that are started exist in the OS only.
  const copy = await folder(t);
  for (const name of units) {
    const text = await files.readText(`${tree}/${name}`);
    await files.write(`${copy}/${name}`, text.replaceAll(/^(Exec\w+=[-@:+!]*)\S+/gm, '$1/bin/true'));
  }
  const { stderr } = await processes.run(
    'systemd-analyze',
    ['verify', '--man=no', '--recursive-errors=no', ...units.map((name) => `${copy}/${name}`)],
    { okCodes: [0, 1] },
  );
  t.deepEqual(
    stderr.split('\n').filter((line) => line.includes(copy)),
    [],
  );
});

test('router advertisements count on the interfaces of the machine, not on those of containers', async (t) => {
  const text = await files.readText(`${project}/os/overlay/etc/sysctl.d/60-bos.conf`);
  const patterns = [...text.matchAll(/^net\.ipv6\.conf\.(\S+)\.accept_ra = 2$/gm)].map(
    ([, glob = '']) => new RegExp(`^${glob.replaceAll('*', '.*')}$`),
  );
  const accepted = (name: string) => patterns.some((pattern) => pattern.test(name));
  for (const name of [
    'eth0',
    'eth0.100',
    'eno1',
    'enp0s3',
    'ens192',
    'enx525400123456',
    'enP2p33s0',
    'wlan0',
    'wlp2s0',
    'wwan0',
    'bond0',
  ])
    t.true(accepted(name), name);
  for (const name of [
    'all',
    'default',
    'lo',
    'cni0',
    'veth1a2b',
    'cali1234567',
    'flannel.1',
    'docker0',
    'eni1a2b3c',
    'lxc1',
    'kube-ipvs0',
  ])
    t.false(accepted(name), name);
});

test('only DCP makes a machine a router', async (t) => {
  for (const { path, stat } of await walkTree(files, `${project}/os/overlay`)) {
    if (stat.type !== 'file' || !path.includes('sysctl')) continue;
    const forwards = /^[^#]*forward/m.test(await files.readText(`${project}/os/overlay/${path}`));
    t.is(forwards, path === 'usr/lib/bhojpur/dcp-sysctl.conf', path);
  }
});
