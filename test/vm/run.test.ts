import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { requestOf, vmRun } from '../../src/cli/commands/vm/action.ts';
import type { OpsError } from '../../src/errors.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { type BootFiles, bootFiles } from '../../src/vm/boot-files.ts';
import { createDisk, existingFormat, isEmptyDisk, parseDisk } from '../../src/vm/new-disk.ts';
import { ipxeScript, pxeFolder } from '../../src/vm/pxe.ts';
import { machineFor, type RunRequest, runOnTerminal } from '../../src/vm/run.ts';
import { fakeTerminal } from '../cli/commands/install/fake-world.ts';

const host = workstationHost();
const plain: RunRequest = { firmware: 'bios', disks: [], diskBus: 'virtio', sectorSize: 512, pxe: false };
const { firmware: _, ...unspecified } = plain;
const iso: BootFiles = { kind: 'iso', path: 'bos.iso', arch: 'amd64' };
const image: BootFiles = { kind: 'disk', path: 'disk.img', format: 'raw', arch: 'amd64' };
const artifacts: BootFiles = { kind: 'artifacts', folder: 'a', kernel: 'a/k', initrd: 'a/i', arch: 'amd64' };

async function folder(t: ExecutionContext): Promise<string> {
  const path = await host.files.makeTempDir('bos-run-');
  t.teardown(() => host.files.remove(path));
  return path;
}

test('an ISO is a CD, or a disk that keeps no changes', (t) => {
  t.like(machineFor(plain, iso, 'amd64').disks, [{ file: 'bos.iso', bus: 'cd', snapshot: false }]);
  t.like(machineFor({ ...plain, bus: 'usb' }, iso, 'amd64').disks, [{ bus: 'usb', snapshot: true }]);
});

test('a disk image boots first and other disks follow', (t) => {
  const disks = [{ path: 'more.img', format: 'raw', size: 1 << 30 } as const];
  const spec = machineFor(
    { ...plain, disks, diskBus: 'nvme', sectorSize: 4096, memory: 300 },
    image,
    'amd64',
  );
  t.is(spec.memory, 300);
  t.like(spec.disks, [
    { file: 'disk.img', bus: 'virtio', snapshot: false },
    { file: 'more.img', bus: 'nvme', sectorSize: 4096 },
  ]);
});

test('artifacts boot their kernel, with what is appended', (t) => {
  const spec = machineFor({ ...plain, append: 'bos.mode=install', sshPort: 2222 }, artifacts, 'amd64');
  t.like(spec.kernel, { kernel: 'a/k', initrd: 'a/i' });
  t.regex(spec.kernel?.append ?? '', /console=ttyS0,115200 .*rootfstype=ramfs quiet bos\.mode=install$/);
  t.is(spec.network?.sshPort, 2222);
  t.is(machineFor({ ...plain, kernel: 'k', append: 'quiet' }, undefined, 'amd64').kernel?.append, 'quiet');
});

const refuses = test.macro({
  exec: (t, request: Partial<RunRequest>, boot: BootFiles | undefined, code: string) => {
    t.like(
      t.throws(() => machineFor({ ...plain, ...request }, boot, 'amd64')),
      { kind: 'usage', code },
    );
  },
  title: (name) => `refused: ${name}`,
});
test('nothing to boot', refuses, {}, undefined, 'nothing-to-boot');
test('an initrd without a kernel', refuses, { initrd: 'i' }, iso, 'kernel-missing');
test('a disk as CD', refuses, { bus: 'cd' }, image, 'disk-as-cd');
test('PXE of an ISO', refuses, { pxe: true }, iso, 'pxe-without-artifacts');
test('4096 byte sectors on SATA', refuses, { bus: 'sata', sectorSize: 4096 }, image, 'machine-invalid');

test('what a file is follows from its content', async (t) => {
  const root = await folder(t);
  const volume = Buffer.alloc(40_000);
  volume.write('CD001', 32_769, 'latin1');
  await host.files.write(join(root, 'a.img'), volume);
  await host.files.write(join(root, 'b.iso'), Buffer.from('QFI\xfb...', 'latin1'));
  await host.files.write(join(root, 'c'), 'anything');
  t.is((await bootFiles(join(root, 'a.img'), host)).kind, 'iso');
  t.like(await bootFiles(join(root, 'b.iso'), host), { kind: 'disk', format: 'qcow2' });
  t.like(await bootFiles(join(root, 'c'), host), { kind: 'disk', format: 'raw' });
  await t.throwsAsync(bootFiles(join(root, 'd'), host), { code: 'boot-missing' });
  await t.throwsAsync(bootFiles(root, host), { code: 'artifacts-missing' });
  await host.files.write(join(root, 'bos-vmlinuz-amd64'), '');
  await host.files.write(join(root, 'bos-initrd-amd64'), '');
  t.is((await bootFiles(root, host)).kind, 'artifacts');
});

const parses = test.macro({
  exec: (t, text: string, path: string, size: number | undefined) =>
    t.deepEqual(parseDisk(text), { path, size, format: 'raw' }),
  title: (_, text) => `disk: ${text}`,
});
test(parses, 'disk.img', 'disk.img', undefined);
test(parses, 'disk.img:8G', 'disk.img', 8 * 2 ** 30);
test(parses, 'a:b:512M', 'a:b', 512 * 2 ** 20);
test(parses, 'disk.img:8', 'disk.img:8', undefined);

test('a disk is made once, empty and as large as asked for', async (t) => {
  const path = join(await folder(t), 'disk.img');
  await t.throwsAsync(existingFormat(parseDisk(path), host), { code: 'disk-missing' });
  const request = await existingFormat(parseDisk(`${path}:1G`), host);
  await createDisk(request, host);
  t.is((await host.files.stat(path))?.size, 2 ** 30);
  await host.files.write(path, 'used');
  await createDisk(request, host);
  t.is(await host.files.readText(path), 'used');
  t.throws(() => parseDisk('disk.img:0G'), { code: 'disk-invalid' });
});

test('of artifacts for several architectures those asked for start, else those of this machine, else what is there', async (t) => {
  const root = await folder(t);
  const put = async (arch: string) => {
    for (const name of ['vmlinuz', 'initrd']) await host.files.write(join(root, `bos-${name}-${arch}`), '');
  };
  await put('arm64');
  t.like(await bootFiles(root, host), { arch: 'arm64', kernel: join(root, 'bos-vmlinuz-arm64') });
  await put('amd64');
  t.like(await bootFiles(root, host), { arch: host.system.arch });
  t.like(await bootFiles(root, host, 'arm64'), { arch: 'arm64' });
  await t.throwsAsync(bootFiles(root, host, 'arm'), { code: 'artifacts-missing' });
});

test('a machine of arm64 starts by UEFI, and its artifacts on its serial line', (t) => {
  const spec = machineFor({ ...unspecified }, { ...iso, arch: 'arm64' }, 'arm64');
  t.like(spec, { arch: 'arm64', firmware: 'uefi' });
  const other = machineFor({ ...unspecified }, { ...artifacts, arch: 'arm64' }, 'arm64');
  t.regex(other.kernel?.append ?? '', /console=ttyAMA0,115200 /);
  t.throws(() => machineFor(plain, { ...iso, arch: 'arm64' }, 'arm64'), { code: 'machine-invalid' });
  t.throws(() => machineFor({ ...unspecified, bus: 'ide' }, { ...image, arch: 'arm64' }, 'arm64'), {
    code: 'machine-invalid',
  });
});

test('a PXE folder has the artifacts and what boots them', async (t) => {
  const root = await folder(t);
  const set = { kind: 'artifacts', folder: join(root, 'a'), kernel: '', initrd: '', arch: 'amd64' } as const;
  await host.files.makeDir(set.folder);
  await host.files.write(join(set.folder, 'bos-initrd-amd64'), 'initrd');
  const made = await pxeFolder(set, 'bios', 'x=1', host, join(root, 'tftp'));
  t.is(await host.files.readText(join(made.folder, 'bos-initrd-amd64')), 'initrd');
  t.is(await host.files.readText(join(made.folder, made.bootFile)), ipxeScript('amd64', 'x=1'));
  await t.throwsAsync(pxeFolder(set, 'uefi', '', host, join(root, 'efi')), { code: 'pxe-loader-missing' });
  t.snapshot(ipxeScript('amd64', 'x=1'));
});

test('flags become a request', async (t) => {
  const root = await folder(t);
  const request = await requestOf(host, 'x.iso', {
    firmware: 'uefi',
    disk: [`${join(root, 'd')}:2G`],
    diskBus: 'nvme',
    sectorSize: '4096',
    memory: '512',
    sshPort: '2222',
  });
  t.deepEqual(request, {
    target: 'x.iso',
    firmware: 'uefi',
    disks: [{ path: join(root, 'd'), format: 'raw', size: 2 * 2 ** 30 }],
    diskBus: 'nvme',
    sectorSize: 4096,
    pxe: false,
    memory: 512,
    sshPort: 2222,
  });
  t.is((await requestOf(host, undefined, { kernel: 'k' })).target, undefined);
  await t.throwsAsync(requestOf(host, 'x', { memory: 'much' }), { code: 'number-invalid' });
  await t.throwsAsync(requestOf(host, 'x', { sshPort: '70000' }), { message: /1 to 65535/ });
});

test('booting is not announced for what does not exist', async (t) => {
  const terminal = fakeTerminal();
  const { signal } = new AbortController();
  const context = { terminal, host, workstation: async () => host, signal, verbose: false };
  await t.throwsAsync(async () => vmRun(context, ['none.img'], {}), { code: 'boot-missing' });
  t.is(terminal.written.err, '');
});

test('only empty disks: nothing boots, and none is made', async (t) => {
  const path = await folder(t);
  const file = async (name: string, bytes: Uint8Array) => {
    await host.files.write(join(path, name), bytes);
    return join(path, name);
  };
  const zeros = await file('zeros.img', new Uint8Array(1 << 20));
  const small = await file('small.img', new Uint8Array(100));
  const table = new Uint8Array(1 << 20);
  table.set(Buffer.from('EFI PART'), 4096);
  const empty = [`${join(path, 'new.img')}:8G`, `${zeros}:8G`, zeros, small];
  for (const disk of empty) t.true(await isEmptyDisk(parseDisk(disk), host), disk);
  const qcow2 = { path: zeros, format: 'qcow2', size: undefined } as const;
  t.false(await isEmptyDisk(qcow2, host), 'what an image of another format holds is not known');
  t.false(await isEmptyDisk(parseDisk(await file('table.img', table)), host));

  for (const firmware of ['bios', 'uefi'] as const) {
    const disks = [parseDisk(empty[0] ?? ''), parseDisk(zeros)];
    const running = runOnTerminal({ ...plain, firmware, disks }, host, new AbortController().signal);
    const error = await t.throwsAsync<OpsError>(running, { code: 'nothing-to-boot' });
    t.regex(error.message, /new\.img is an empty disk$/);
    t.regex(error.hint ?? '', /opsctl vm run bos-amd64\.iso --disk .*new\.img:8G`\.$/);
  }
  t.false(await host.files.exists(join(path, 'new.img')));
});
