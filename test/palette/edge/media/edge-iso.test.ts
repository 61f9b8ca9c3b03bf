/** User data, content and cluster configuration on an edge installer: xorriso reads where they are, and that the rest stayed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { edgeCommand } from '../../../../src/cli/commands/edge/command.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { undoRemaster } from '../../../../src/iso/remaster.ts';
import { runProgram } from '../../../cli/commands/install/fake-world.ts';
import { unwrapped } from '../../../cli/unwrapped.ts';
import { temporaryFolder, tool } from '../../../formats/support.ts';
import { byXorriso, digestOf, pathsByXorriso } from '../../../iso/edit/edit-support.ts';
import { airgap, connected } from '../user-data-texts.ts';
import { type InstallerOptions, makeInstaller } from './installer.ts';

const host = linuxHost();

/** A folder with an installer and files to put onto it. */
function world(t: ExecutionContext, options: InstallerOptions = {}) {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  const write = (name: string, data: string | Uint8Array): string => {
    tool('mkdir', '-p', join(folder, name, '..'));
    writeFileSync(at(name), data);
    return at(name);
  };
  const iso = makeInstaller(folder, options);
  const opsctl = (...argv: string[]) =>
    unwrapped(runProgram(['edge', 'iso', ...argv], { commands: [edgeCommand], host }));
  return { folder, at, write, iso, opsctl };
}

const bundle = zstdCompressSync(Buffer.alloc(300_000, 'images '));
const spc = gzipSync('cluster');
const publicKey = tool('openssl', 'genpkey', '-algorithm', 'ed25519');
const customConfig = (pem: string) =>
  `content:\n signing:\n  publicKey:\n   base64EncodedValue: "${Buffer.from(pem).toString('base64')}"\n   description: "mine"\n`;
const publicPem = tool('sh', '-c', `printf '%s' "$0" | openssl pkey -pubout`, publicKey);

/** Every file but those named, as xorriso reads them out of the image. */
function rest(iso: string, folder: string, ...without: string[]): string {
  tool('rm', '-rf', folder);
  tool('xorriso', '-osirrox', 'on:auto_chmod_on', '-indev', iso, '-extract', '/', folder);
  for (const path of ['boot.catalog', ...without]) tool('rm', '-rf', join(folder, path));
  return tool('sh', '-c', 'cd "$0" && find . -type f | sort | xargs sha256sum', folder);
}

test('everything at once: where CanvOS puts it, and the rest is the same; undone, every byte', async (t) => {
  const { at, write, iso, opsctl } = world(t);
  const before = { digest: digestOf(iso), rest: rest(iso, at('before')), boot: bootOf(iso) };
  write('content-3a1b/shop.zst', bundle);
  const { exitCode, out, err } = await opsctl(
    ...[iso, '--user-data', write('user-data', connected), '--content', at('content-3a1b')],
    ...[
      '--cluster-config',
      write('spc.tgz', spc),
      '--custom-config',
      write('custom.yaml', customConfig(publicPem)),
    ],
  );
  t.is(exitCode, 0, err);
  t.regex(out, /^Rewrote \d+ bytes of .*installer\.iso in place \(\w+\)\.\n/);
  const put: Readonly<Record<string, string | Uint8Array>> = {
    'config.yaml': connected,
    '.edge_custom_config.yaml': customConfig(publicPem),
    'opt/spectrocloud/content/shop.zst': bundle,
    'opt/spectrocloud/clusterconfig/spc.tgz': spc,
  };
  for (const [path, data] of Object.entries(put)) {
    t.true(byXorriso(t, iso, path).equals(Buffer.from(data)), path);
    t.true(out.includes(`  /${path}: written\n`), path);
  }
  t.is(rest(iso, at('after'), ...Object.keys(put)), before.rest);
  t.is(bootOf(iso), before.boot);
  await undoRemaster(host, iso);
  t.is(digestOf(iso), before.digest);
});

/** What firmware starts, as xorriso reports it. */
const bootOf = (iso: string): string =>
  tool('xorriso', '-indev', iso, '-report_el_torito', 'plain')
    .split('\n')
    .filter((line) => line.startsWith('El Torito'))
    .join('\n');

test('twice the same: nothing to do; others only with --replace, in their place', async (t) => {
  const { write, iso, opsctl } = world(t);
  const userData = write('user-data', connected);
  t.is((await opsctl(iso, '--user-data', userData)).exitCode, 0);
  const digest = digestOf(iso);
  const again = await opsctl(iso, '--user-data', userData);
  t.is(again.exitCode, 3);
  t.regex(again.err, /Nothing to do: .* already has these\s+changes/);
  const other = write('other', connected.replace('ghent', 'bruges'));
  const refused = await opsctl(iso, '--user-data', other);
  t.is(refused.exitCode, 2);
  t.regex(refused.err, /already has \/config\.yaml[\s\S]*--replace/);
  t.is(digestOf(iso), digest);
  const replaced = await opsctl(iso, '--user-data', other, '--replace');
  t.is(replaced.exitCode, 0, replaced.err);
  t.regex(replaced.out, /\(same-room\)/);
  t.regex(byXorriso(t, iso, 'config.yaml').toString(), /bruges/);
});

test('user-data take the place that the image has them in, and no second one stays', async (t) => {
  const old = 'stylus: {}\n';
  const { write, iso, opsctl } = world(t, { more: { 'files-iso/config.yaml': old } });
  const userData = write('user-data', connected);
  t.is((await opsctl(iso, '--user-data', userData)).exitCode, 2);
  t.is((await opsctl(iso, '--user-data', userData, '--replace')).exitCode, 0);
  t.is(byXorriso(t, iso, 'files-iso/config.yaml').toString(), connected);
  t.false(pathsByXorriso(iso).includes('config.yaml'));
  const both = world(t, { more: { 'files-iso/config.yaml': old, 'config.yaml': old } });
  t.is((await both.opsctl(both.iso, '--user-data', userData, '--replace')).exitCode, 0);
  t.is(byXorriso(t, both.iso, 'config.yaml').toString(), connected);
  t.false(pathsByXorriso(both.iso).includes('files-iso/config.yaml'));
});

test('a new file and a dry run leave the image alone; the same bytes in both ways', async (t) => {
  const { at, write, iso, opsctl } = world(t);
  const digest = digestOf(iso);
  const userData = write('user-data', airgap);
  const dry = await opsctl(iso, '--user-data', userData, '--dry-run');
  t.regex(dry.out, /^Dry run: would rewrite \d+ bytes/);
  t.false(existsSync(`${iso}.opsctl-undo`));
  const { out } = await opsctl(iso, '--user-data', userData, '-o', at('new.iso'), '--json');
  t.is(digestOf(iso), digest);
  const told = JSON.parse(out);
  t.like(told, { v: 1, iso: at('new.iso'), mode: 'airgap', diagnostics: [] });
  t.regex(told.notes.join(), /Without --content an airgap host/);
  t.is((await opsctl(iso, '--user-data', userData)).exitCode, 0);
  t.is(digestOf(iso), digestOf(at('new.iso')));
});

test('what is not an edge installer is refused unless forced', async (t) => {
  const { write, iso, opsctl } = world(t, { label: 'OTHER' });
  const userData = write('user-data', connected);
  const digest = digestOf(iso);
  const { exitCode, err } = await opsctl(iso, '--user-data', userData);
  t.is(exitCode, 3);
  t.regex(
    err,
    /is not an edge installer\n {2}its volume is called "OTHER" instead of COS_LIVE or UKI_ISO_INSTALL/,
  );
  t.is(digestOf(iso), digest);
  t.is((await opsctl(iso, '--user-data', userData, '--force')).exitCode, 0);
  const bare = join(temporaryFolder(t), 'bare.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'COS_LIVE', '-o', bare, join(userData, '..'));
  const missing = await opsctl(bare, '--user-data', userData);
  t.is(missing.exitCode, 3);
  t.regex(missing.err, /it has no \/rootfs\.squashfs\n {2}it has no \/boot\/kernel\n/);
  t.is((await opsctl(userData, '--user-data', userData)).exitCode, 3);
});

test('an installer of trusted boot', async (t) => {
  const { write, iso, opsctl } = world(t, { label: 'UKI_ISO_INSTALL' });
  t.is((await opsctl(iso, '--user-data', write('user-data', connected))).exitCode, 0);
});

test('content: whole, in parts, in parts where the image has parts', async (t) => {
  const { at, write, iso, opsctl } = world(t);
  write('all/content-1/a.zst', bundle);
  write('all/content-2/b.zst', bundle);
  write('all/content-2/readme', 'no bundle');
  t.is((await opsctl(iso, '--content', at('all'), '--split-content')).exitCode, 0);
  const names = () =>
    pathsByXorriso(iso)
      .filter((path) => path.startsWith('opt/spectrocloud/content/'))
      .map((path) => path.slice(25));
  t.deepEqual(names(), ['a.zst_part00', 'b.zst_part00']);
  t.true(byXorriso(t, iso, 'opt/spectrocloud/content/b.zst_part00').equals(bundle));
  const third = write('c.zst', bundle);
  t.is((await opsctl(iso, '--content', third)).exitCode, 0);
  t.deepEqual(names(), ['a.zst_part00', 'b.zst_part00', 'c.zst_part00']);
  // The same again, whole or in parts, is nothing to do, whatever else is given.
  const before = digestOf(iso);
  for (const more of [[], ['--replace'], ['--content', at('all')]]) {
    const again = await opsctl(iso, '--content', third, ...more);
    t.is(again.exitCode, 3);
    t.regex(again.err, /Nothing to do: .* already has these\s+changes/);
    t.is(digestOf(iso), before);
  }
  const other = Buffer.concat([bundle.subarray(0, -1), Buffer.from('!')]);
  const changed = await opsctl(iso, '--content', write('c.zst', other));
  t.is(changed.exitCode, 2);
  t.regex(changed.err, /already has\s+\/opt\/spectrocloud\/content\/c\.zst_part00/);
  t.is((await opsctl(iso, '--content', third, '--replace')).exitCode, 0);
  t.true(byXorriso(t, iso, 'opt/spectrocloud/content/c.zst_part00').equals(other));
});

const refuses = test.macro(
  async (t, argv: (at: ReturnType<typeof world>) => readonly string[], code: number, says: RegExp) => {
    const made = world(t);
    const digest = digestOf(made.iso);
    const { exitCode, out, err } = await made.opsctl(made.iso, ...argv(made));
    t.is(exitCode, code, err);
    t.is(out, '');
    t.regex(err, says);
    t.is(digestOf(made.iso), digest);
    t.false(existsSync(`${made.iso}.opsctl-undo`));
  },
);

test(
  'user-data with faults',
  refuses,
  ({ write }) => ['--user-data', write('u', connected.replace('#cloud', '#clod'))],
  2,
  /There is an error in .*\/u\n[\s\S]*u:1:1: must be #cloud-config/,
);
test(
  'user-data that are not there',
  refuses,
  ({ at }) => ['--user-data', at('u')],
  3,
  /u cannot be read: it does not exist/,
);
test('nothing', refuses, () => [], 2, /No files were given/);
test(
  'a folder without bundles',
  refuses,
  ({ folder }) => ['--content', join(folder)],
  2,
  /has no content bundle/,
);
test(
  'content that is not there',
  refuses,
  ({ at }) => ['--content', at('none')],
  3,
  /none cannot be read: it does not exist/,
);
test(
  'content that is not packed',
  refuses,
  ({ write }) => ['--content', write('x.zst', 'text')],
  2,
  /x\.zst is not a content bundle/,
);
test(
  'content of another name',
  refuses,
  ({ write }) => ['--content', write('x.tar', bundle)],
  2,
  /x\.tar is not a content bundle/,
);
test(
  'two bundles of one name',
  refuses,
  ({ write }) => ['--content', write('a/x.zst', bundle), '--content', write('b/x.zst', bundle)],
  2,
  /Two content bundles are called x\.zst/,
);
test(
  'a cluster configuration that is not packed',
  refuses,
  ({ write }) => ['--cluster-config', write('spc.tgz', 'text')],
  2,
  /spc\.tgz is not a cluster configuration/,
);
test(
  'a custom configuration without a key',
  refuses,
  ({ write }) => ['--custom-config', write('c', 'content: {signing: {publicKey: {description: a}}}\n')],
  2,
  /base64EncodedValue: is missing/,
);
test(
  'a custom configuration with a private key',
  refuses,
  ({ write }) => ['--custom-config', write('c', customConfig(publicKey))],
  2,
  /c:4:\d+: .*is not a public key in PEM/,
);
test(
  'an output that exists',
  refuses,
  ({ write }) => ['--user-data', write('u', connected), '-o', write('o', 'x')],
  3,
  /o exists/,
);

test('the checksum beside the ISO is said to be old', async (t) => {
  const { write, iso, opsctl } = world(t);
  write('installer.iso.sha256', `${digestOf(iso)}  installer.iso\n`);
  const { out } = await opsctl(iso, '--user-data', write('u', connected));
  t.regex(out, /installer\.iso\.sha256 is of the ISO as it was/);
});

test('secrets are in the image, and nowhere in what is printed or in the journal', async (t) => {
  const { write, iso, opsctl } = world(t);
  const { out, err } = await opsctl(iso, '--user-data', write('u', connected));
  t.notRegex(out + err, /bG9uZy10b2tlbi/);
  t.false(readFileSync(`${iso}.opsctl-undo`).includes('bG9uZy10b2tlbi'));
});
