/** The kernel stage with a small Debian package: what is dropped, firmware. */
import test, { type ExecutionContext } from 'ava';
import { firmwareComponent } from '../../../src/build/components.ts';
import type { PackageLock } from '../../../src/build/packages/lock.ts';
import { stageRunner } from '../../../src/build/stage.ts';
import { kernelStage } from '../../../src/build/stages/kernel.ts';
import { folder, realHost, stageContext } from '../support.ts';

const { files, processes } = realHost;
const release = '6.1.0-1-amd64';
const packageNames = [`linux-image-${release}`, 'wireless-regdb'];
const lock: PackageLock = {
  v: 1,
  arch: 'amd64',
  date: 1_750_000_000,
  packages: packageNames.map((name) => ({
    name,
    version: '1',
    file: `${name}_1_amd64.deb`,
    sha256: '0'.repeat(64),
  })),
};

/** A kernel with three empty modules, and the radios' rules. */
async function packages(t: ExecutionContext): Promise<string> {
  const root = await folder(t);
  const modules = `lib/modules/${release}`;
  const contents: Record<string, string>[] = [
    {
      [`boot/vmlinuz-${release}`]: 'kernel',
      [`usr/share/doc/linux-image-${release}/copyright`]: 'the GPL',
      [`${modules}/kernel/net/wifi.ko`]: '',
      [`${modules}/kernel/sound/beep.ko`]: '',
      [`${modules}/kernel/drivers/gpu/drm/card.ko`]: '',
      [`${modules}/modules.builtin`]: '',
      [`${modules}/modules.order`]: '',
    },
    {
      'lib/firmware/regulatory.db-debian': 'rules',
      'lib/firmware/regulatory.db.p7s-debian': 'signature',
      'lib/firmware/regulatory.db-upstream': 'of somebody else',
    },
  ];
  for (const [index, { name, file }] of lock.packages.entries()) {
    const control = `Package: ${name}\nVersion: 1\nArchitecture: amd64\nMaintainer: x\nDescription: x\n`;
    const tree = `${root}/tree${index}`;
    for (const [path, text] of Object.entries({ 'DEBIAN/control': control, ...contents[index] })) {
      await files.makeDir(`${tree}/${path}`.replace(/\/[^/]*$/, ''));
      await files.write(`${tree}/${path}`, text);
    }
    await processes.run('dpkg-deb', ['--build', '--root-owner-group', tree, `${root}/${file}`]);
  }
  return root;
}

async function made(t: ExecutionContext, firmware?: string): Promise<string> {
  const debs = await packages(t);
  const component = firmware === undefined ? undefined : await firmwareComponent(realHost, firmware);
  const stage = kernelStage(realHost, { lock, firmware: component, packages: async () => debs });
  return stageRunner(stageContext(await folder(t))).ensure(stage);
}

async function listing(t: ExecutionContext, firmware?: string): Promise<string[]> {
  const result = await made(t, firmware);
  t.is(await files.readText(`${result}/vmlinuz`), 'kernel');
  const { stdout } = await processes.run('unsquashfs', ['-lln', `${result}/kernel.squashfs`]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+) (\S+) .* squashfs-root/, '$1 $2 '));
}

test('wifi stays, sound and graphics go, and the module index is there', async (t) => {
  const lines = await listing(t);
  t.true(lines.includes(`-rw-r--r-- 0/0 /modules/${release}/kernel/net/wifi.ko`));
  t.true(lines.includes(`-rw-r--r-- 0/0 /modules/${release}/modules.dep.bin`));
  t.deepEqual(
    lines.filter((line) => line.includes('/firmware')),
    [
      'drwxr-xr-x 0/0 /firmware',
      ...['', '.p7s'].map((end) => `-rw-r--r-- 0/0 /firmware/regulatory.db${end}`),
    ],
  );
  t.deepEqual(
    lines.filter((line) => /sound|gpu/.test(line)),
    [],
  );
});

test('what the packages say of themselves is kept for the image', async (t) => {
  const result = await made(t);
  const about = (name: string) => files.readText(`${result}/about/${name}`);
  t.is(await about(`linux-image-${release}/copyright`), 'the GPL');
  t.regex(await about('wireless-regdb/control'), /^Package: wireless-regdb$/m);
  t.regex(await about('wireless-regdb/copyright'), /has no copyright file/);
});

test('--firmware: files, links and folders are carried, with plain modes, owned by root', async (t) => {
  const firmware = await folder(t);
  await files.makeDir(`${firmware}/intel`, 0o700);
  await files.write(`${firmware}/intel/ucode.bin`, 'microcode', { mode: 0o600 });
  await files.symlink('intel/ucode.bin', `${firmware}/alias.bin`);
  await processes.run('chown', ['-R', '12:34', firmware], { okCodes: [0, 1] });
  const lines = await listing(t, firmware);
  t.true(lines.includes('drwxr-xr-x 0/0 /firmware/intel'));
  t.true(lines.includes('-rw-r--r-- 0/0 /firmware/intel/ucode.bin'));
  t.true(lines.includes('lrwxrwxrwx 0/0 /firmware/alias.bin -> intel/ucode.bin'));
});

test('the key knows the content of the firmware, not its place and times', async (t) => {
  const digests: unknown[] = [];
  for (const [text, time] of [
    ['a', '@1'],
    ['a', '@2'],
    ['b', '@2'],
  ] as const) {
    const firmware = await folder(t);
    await files.write(`${firmware}/fw.bin`, text);
    await processes.run('touch', ['-d', time, `${firmware}/fw.bin`]);
    digests.push((await firmwareComponent(realHost, firmware)).digest);
  }
  t.deepEqual(digests[1], digests[0]);
  t.notDeepEqual(digests[2], digests[0]);
});

test('firmware that is not a folder is refused', async (t) => {
  const error = await t.throwsAsync(firmwareComponent(realHost, '/no/such/folder'));
  t.like(error, { kind: 'refused', code: 'firmware-missing' });
});
