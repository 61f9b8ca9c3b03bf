/** What is found in somebody's own root file system, and everything that is missing in it, at once. */
import test from 'ava';
import { inspectRoot, parseOsRelease } from '../../../src/build/own/inspect.ts';
import { lookInto } from '../../../src/build/own/look.ts';
import { fileSystemsOf } from '../../../src/build/own/open.ts';
import { neededPrograms } from '../../../src/build/own/programs.ts';
import { OpsError } from '../../../src/errors.ts';
import { archiveOf, treeOf } from './archives.ts';
import { release, smallRoot, wanted } from './small-root.ts';

async function inspect(changes: Parameters<typeof smallRoot>[0] = {}, more = wanted) {
  const { root, sources } = await treeOf(smallRoot(changes));
  const [source] = sources;
  if (source === undefined) throw new Error('no archive');
  return inspectRoot(lookInto(root, source), 'my-os', more);
}

async function missing(changes: Parameters<typeof smallRoot>[0], more = wanted): Promise<OpsError> {
  try {
    await inspect(changes, more);
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
  throw new Error('nothing is missing');
}

test('names, kernel and packages of a whole system', async (t) => {
  t.deepEqual(await inspect(), {
    ...{ name: 'My OS 3', id: 'mine', version: '3', otherKernels: [], warnings: [] },
    kernel: { release, image: `boot/vmlinuz-${release}`, modules: `usr/lib/modules/${release}` },
    packages: { manager: 'dpkg', count: 1 },
  });
});

test('every program, library and unit is missed when it is not there', async (t) => {
  for (const name of Object.keys(neededPrograms)) {
    const error = await missing({ [`usr/bin/${name}`]: undefined });
    t.is(error.code, 'own-incomplete');
    t.deepEqual(error.details, [`the program ${name} (package ${neededPrograms[name]?.debian})`]);
  }
  const library = await missing({ 'usr/lib/x86_64-linux-gnu/libstdc++.so.6': undefined });
  t.deepEqual(library.details, ['the library libstdc++.so.6, for Node.js (package libstdc++6)']);
  const unit = await missing({ 'usr/lib/systemd/system/ssh.service': undefined });
  t.deepEqual(unit.details, ['the unit ssh.service (package openssh-server)']);
});

test('a program that nobody may run, or that is a folder, is none', async (t) => {
  t.regex((await missing({ 'usr/bin/sudo': { content: '', mode: 0o644 } })).details.join(), /sudo/);
  t.regex((await missing({ 'usr/bin/sudo': { kind: 'directory' } })).details.join(), /sudo/);
});

test('everything at once, with one line that installs all of it', async (t) => {
  const error = await missing({
    'usr/bin/sudo': undefined,
    'usr/bin/mtype': undefined,
    'usr/bin/mdir': undefined,
    'usr/lib/systemd/systemd': undefined,
    [`usr/lib/modules/${release}/modules.dep`]: undefined,
  });
  t.is(error.kind, 'refused');
  t.is(error.details.length, 5);
  t.is(
    error.hint,
    'Nothing was built. Add this to the image: `apt-get install linux-image-amd64 mtools sudo systemd-sysv`.',
  );
});

test('names of packages of the family that the system is of; of both where it does not say', async (t) => {
  const rhel = await missing({
    'usr/bin/ip': undefined,
    'usr/lib/os-release': 'ID=rocky\nID_LIKE="rhel fedora"\n',
  });
  t.deepEqual(rhel.details, ['the program ip (package iproute on RHEL)']);
  t.regex(rhel.hint ?? '', /`dnf install iproute`/);
  t.notRegex(rhel.hint ?? '', /apt-get/);
  const unknown = await missing({ 'usr/bin/ip': undefined, 'usr/lib/os-release': undefined });
  t.deepEqual(unknown.details, ['the program ip (package iproute2; iproute on RHEL)']);
  t.regex(unknown.hint ?? '', /`apt-get install iproute2` or `dnf install iproute`/);
  t.regex(unknown.message, /a system without os-release/);
});

test('a kernel without modules, modules without a kernel, and neither', async (t) => {
  const dep = `usr/lib/modules/${release}/modules.dep`;
  const noModules = await missing({ [dep]: undefined });
  t.regex(noModules.details.join(), /found: \/boot\/vmlinuz-6\.1\.0-99-amd64, but not its modules/);
  const noImage = await missing({ [`boot/vmlinuz-${release}`]: undefined });
  t.regex(noImage.details.join(), /the kernel of the modules 6\.1\.0-99-amd64: \/boot\/vmlinuz-6/);
  const neither = await missing({ [dep]: undefined, [`boot/vmlinuz-${release}`]: undefined });
  t.regex(neither.details.join(), /found: no \/boot\/vmlinuz/);
});

test('the newest kernel that is whole is taken, and the others are named', async (t) => {
  const other = (name: string) => ({
    [`usr/lib/modules/${name}/modules.dep`]: 'kernel/ext4.ko:\nkernel/vfat.ko:\nkernel/squashfs.ko.zst:\n',
  });
  const both = await inspect({ ...other('6.1.0-100-amd64'), 'boot/vmlinuz-6.1.0-100-amd64': 'newer' });
  t.is(both.kernel.release, '6.1.0-100-amd64');
  t.deepEqual(both.otherKernels, [release]);
  const half = await inspect(other('6.1.0-100-amd64'));
  t.is(half.kernel.release, release);
});

test('a kernel beside its modules, as Fedora has it, and one without a release in its name', async (t) => {
  const image = `boot/vmlinuz-${release}`;
  const beside = await inspect({ [image]: undefined, [`usr/lib/modules/${release}/vmlinuz`]: 'a kernel' });
  t.is(beside.kernel.image, `usr/lib/modules/${release}/vmlinuz`);
  const plain = await inspect({
    [image]: undefined,
    'boot/vmlinuz': '->vmlinuz-here',
    'boot/vmlinuz-here': 'k',
  });
  t.is(plain.kernel.image, 'boot/vmlinuz-here');
});

test('a kernel that cannot read a medium', async (t) => {
  const modules = `usr/lib/modules/${release}`;
  const none = await missing({ [`${modules}/modules.builtin`]: undefined });
  t.regex(
    none.details.join(),
    /the module squashfs of the kernel 6\.1\.0-99-amd64, or squashfs built into it/,
  );
  const config = await missing({
    [`boot/config-${release}`]: 'CONFIG_SQUASHFS=y\n# CONFIG_SQUASHFS_ZSTD is not set\n',
  });
  t.regex(config.details.join(), /squashfs with zstd/);
  await t.notThrowsAsync(inspect({ [`boot/config-${release}`]: 'CONFIG_SQUASHFS_ZSTD=y\n' }));
});

test('a system for another architecture, whatever the image says', async (t) => {
  const head = Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0', 'latin1');
  const error = await missing({ 'usr/lib/systemd/systemd': { content: head, mode: 0o755 } });
  t.deepEqual(error.details, ['a system for amd64: /usr/lib/systemd/systemd is for another architecture']);
});

test('a root whose /usr is not merged', async (t) => {
  const error = await missing({ bin: { kind: 'directory' }, 'bin/sh': { content: '', mode: 0o755 } });
  t.deepEqual(error.details, [
    'a merged /usr: /bin must be a link to its folder below /usr (package usrmerge)',
  ]);
});

test('the number of the user of a node is free, or its own', async (t) => {
  const taken = await missing({ 'etc/passwd': 'debian:x:1000:1000::/home/debian:/bin/sh\n' });
  t.deepEqual(taken.details, ['the number 1000 for the user bhojpur: /etc/passwd has debian with 1000']);
  const other = await missing({ 'etc/passwd': 'bhojpur:x:1001:1001::/home/bhojpur:/bin/sh\n' });
  t.regex(other.details.join(), /has bhojpur with 1001/);
  await t.notThrowsAsync(inspect({ 'etc/passwd': 'bhojpur:x:1000:1000::/home/bhojpur:/bin/bash\n' }));
});

test('what is only useful is warned of', async (t) => {
  const { warnings } = await inspect({ 'usr/bin/loadkeys': undefined });
  t.deepEqual(warnings, ['loadkeys (package kbd) is missing; without it there is no bos.keymap']);
});

test('links in circles, and nothing at all, end in a list', async (t) => {
  const { root, sources } = await treeOf([
    ['usr', '->var'],
    ['var', '->usr'],
    ['etc', '->etc'],
  ]);
  const error = await t.throwsAsync<OpsError>(
    inspectRoot(lookInto(root, sources[0] ?? { size: 0, read: async () => archiveOf([]) }), 'x', wanted),
  );
  t.is(error?.code, 'own-incomplete');
  t.true((error?.details.length ?? 0) > 40);
});

test('os-release as a shell reads it, without what a terminal would obey', (t) => {
  const found = parseOsRelease('# x\nNAME=\'a b\'\nID=x\nPRETTY_NAME="say \\"hi\\" \u001b[2J"\nbad line\n');
  t.deepEqual(
    [...found],
    [
      ['NAME', 'a b'],
      ['ID', 'x'],
      ['PRETTY_NAME', 'say "hi"  [2J'],
    ],
  );
});

test('the file systems of the initrd’s list of modules', (t) => {
  t.deepEqual(fileSystemsOf('# What.\n# file systems\nisofs\nsquashfs\n# checksums\ncrc32c\n'), [
    'isofs',
    'squashfs',
  ]);
});
