/**
 * What the initrd makes of an unattended request that comes again with every boot: which arguments identify it, and
 * whether a disk carries what it has installed.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseCommandLine } from '../../src/config/command-line/command-line.ts';
import type { UnjudgedDisk } from '../../src/disk/probe/content.ts';
import { withMediumKeys } from '../../src/install/medium/own-keys.ts';
import { complete, installed, otherUuid } from '../disk/installation.ts';
import { fakeHost } from '../fakes/host.ts';
import { temporaryFolder } from '../formats/support.ts';
import { inInitrd, initrdFunctions } from './functions.ts';

const ids = new Map<string, string>();

/** The id that the initrd gives to a request; each is asked for once. */
function idOf(t: ExecutionContext, commandLine: string): string {
  const id = ids.get(commandLine) ?? askedId(t, commandLine);
  ids.set(commandLine, id);
  return id;
}

function askedId(t: ExecutionContext, commandLine: string): string {
  const folder = temporaryFolder(t);
  const file = join(folder, 'cmdline');
  writeFileSync(file, `${commandLine}\n`);
  const script = `${initrdFunctions(folder, ['command-line'])}request_id ${file}`;
  return execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8' }).trim();
}

const asked =
  'bos.mode=install bos.install.silent bos.install.device=/dev/vda bos.install.config_url=http://a/b';

const same = test.macro((t, commandLine: string) => {
  const id = idOf(t, asked);
  t.regex(id, /^[0-9a-f]{16}$/);
  t.is(idOf(t, commandLine), id);
});
test('machines in use have it: it stays as it is', (t) => {
  t.is(idOf(t, asked), '280c0acd0b4cd096');
});
test('the same in another order', same, asked.split(' ').toReversed().join('  '));
test('the same with what loaders add', same, `BOOT_IMAGE=/x initrd=y ${asked} quiet console=ttyS0`);
test(
  'the same in quotes',
  same,
  asked.replace('/dev/vda', '"/dev/vda"').replace('bos.mode=install', '"bos.mode=install"'),
);
test('the same by the fallback', same, asked.replace('mode', 'fallback_mode'));
test(
  'the same with what changes nothing of what is installed',
  same,
  `${asked} bos.install.always bos.install.debug=true bos.install.power_off bos.install.poweroff`,
);
test('the same with keys that act at every boot', same, `${asked} hostname=n1 bos.password="a b"`);

test('the same with a no that is said', same, `${asked} bos.install.wipe=false bos.install.force_efi=false`);
test('a yes in all its forms', (t) => {
  const id = idOf(t, `${asked} bos.install.force_efi`);
  t.not(id, idOf(t, asked));
  t.is(idOf(t, `${asked} bos.install.force_efi=true`), id);
  t.is(idOf(t, `${asked} bos.install.efi`), id);
});

const other = test.macro((t, commandLine: string) => {
  t.regex(idOf(t, commandLine), /^[0-9a-f]{16}$/);
  t.not(idOf(t, commandLine), idOf(t, asked));
});
test('another disk', other, asked.replace('vda', 'vdb'));
test('another configuration', other, asked.replace('http://a/b', 'http://a/c'));
test('one key more', other, `${asked} bos.install.wipe`);
test('one key less', other, 'bos.mode=install bos.install.silent bos.install.device=/dev/vda');
test('a value with a space is one word', (t) => {
  const line = (disk: string) => `bos.install.silent bos.install.device="model=${disk}"`;
  t.not(idOf(t, line('Disk one')), idOf(t, line('Disk two')));
});

test("the installer and the initrd know a medium's file by the same id", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'config.yaml');
  const texts = [
    'bos: {install: {silent: true, device: /dev/vda}}\n',
    'bos: {install: {silent: true}} # no line break at the end',
    'hostname: b\u00fccher\r\nbos:\r\n  install: {silent: true}\r\n',
    `bos: {install: {silent: true}}\n#${'x'.repeat(100_000)}\n`,
  ];
  for (const text of texts) {
    writeFileSync(file, text);
    const script = `${initrdFunctions(folder, ['command-line'])}file_request_id 280c0acd0b4cd096 ${file}`;
    const inBusybox = execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8' }).trim();
    const host = fakeHost({ files: { '/bos/system/config.yaml': text } });
    const { silentBy = '' } = await withMediumKeys(host, parseCommandLine('').layer, {
      ...{ started: true, line: '280c0acd0b4cd096' },
    });
    t.is(silentBy.split('.')[1], inBusybox, text.slice(0, 60));
  }
});

const id = '0123456789abcdef';
type What = Parameters<typeof installed>[0];
const whole: What = { environment: 'valid', manifest: complete, request: id };

const judged = test.macro(
  async (t, make: () => readonly UnjudgedDisk[], word: string, why: RegExp, state: string = '') => {
    const said = inInitrd(t, make(), `judge_request ${id}`);
    t.is(said.word, word, said.why);
    t.regex(said.why, why);
    if (word === 'valid') t.is(said.state, state);
  },
);
const made =
  (...disks: What[]) =>
  () =>
    disks.map(installed);

test('no disk', judged, () => [], 'none', /^$/);
test('installed by this request', judged, made(whole), 'valid', /^$/, 'vda3');
test('installed by another request', judged, made({ ...whole, request: 'f'.repeat(16) }), 'none', /^$/);
const { request: _, ...byHand } = whole;
test('installed by a person', judged, made(byHand), 'none', /^$/);
const ofFile: What = { ...whole, request: `fedcba9876543210.${id}` };
test('installed by this very file of the medium', judged, made(ofFile), 'valid', /^$/, 'vda3');
test(
  'by another file with the same request',
  judged,
  made({ ...whole, request: `${id}.fedcba9876543210` }),
  'none',
  /^$/,
);
test('by a file of which more is not known', judged, made({ ...whole, request: `${id}0` }), 'none', /^$/);
test(
  "by the medium's file, not finished",
  judged,
  made({ ...ofFile, environment: 'installing' }),
  'none',
  /^$/,
);
test('not finished', judged, made({ ...whole, environment: 'installing' }), 'none', /^$/);
test(
  'beside the installation of another request',
  judged,
  made({ ...whole, request: 'f'.repeat(16), uuidOnDisk: otherUuid }, whole),
  'valid',
  /^$/,
  'vdb3',
);
test(
  'a file is missing',
  judged,
  made({ ...whole, without: 'boot/grub/grub.cfg' }),
  'damaged',
  /grub\.cfg is missing/,
);
test('the state is blank', judged, made({ ...whole, state: 'blank' }), 'damaged', /not to be seen/);
test('another state', judged, made({ ...whole, uuidOnDisk: otherUuid }), 'damaged', /not to be seen/);
test('the same disk twice', judged, made(whole, whole), 'damaged', /several disks/);

const guest: What = { manifest: complete, esp: 'none', request: id };
test(
  'installed by this request onto a partition that was there',
  judged,
  made({ ...guest, stateEnvironment: 'valid' }),
  'valid',
  /^$/,
  'vda3',
);
test(
  'onto a partition that was there, not finished',
  judged,
  made({ ...guest, stateEnvironment: 'filling' }),
  'none',
  /^$/,
);
