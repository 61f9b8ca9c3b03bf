/** For which machine an ISO, a disk and a kernel are. */
import test from 'ava';
import { fromBytes } from '../../src/formats/bytes.ts';
import { archesOfDisk, archesOfIso, archesOfKernel } from '../../src/image/inspect/arches.ts';
import { chooseArch } from '../../src/vm/boot-files.ts';
import { fakeHost } from '../fakes/host.ts';
import { portableExecutable } from '../formats/executables/portable-executable.ts';

const host = fakeHost();

function kernelFor(machine: number) {
  const bytes = portableExecutable();
  bytes.writeUInt16LE(machine, 0x84);
  return fromBytes(bytes);
}

test('a kernel says for which processor it is', async (t) => {
  t.deepEqual(await archesOfKernel(kernelFor(0xaa64)), ['arm64']);
  t.deepEqual(await archesOfKernel(kernelFor(0x8664)), ['amd64']);
  t.deepEqual(await archesOfKernel(fromBytes(new Uint8Array(1000))), []);
});

test('what cannot be read says nothing', async (t) => {
  t.deepEqual(await archesOfIso(fromBytes(new Uint8Array(40_000))), []);
  t.deepEqual(await archesOfDisk(fromBytes(new Uint8Array(40_000)), 'disk.img'), []);
});

test('what is asked for wins, unless the medium is for another machine', (t) => {
  t.is(chooseArch(host, 'arm64', ['amd64', 'arm64'], 'x.iso'), 'arm64');
  t.is(chooseArch(host, 'arm64', [], 'x.iso'), 'arm64');
  t.is(chooseArch(host, undefined, ['arm64'], 'x.iso'), 'arm64');
  t.is(chooseArch(host, undefined, ['arm64', host.system.arch], 'x.iso'), host.system.arch);
  t.is(chooseArch(host, undefined, [], 'x.iso'), host.system.arch);
  t.throws(() => chooseArch(host, 'amd64', ['arm64'], 'x.iso'), {
    code: 'arch-differs',
    message: 'x.iso is for arm64, but --arch is amd64',
  });
});
