/** The archive with which the initrd activates LVM: made of a program of this machine, unpacked, and started. */
import { basename } from 'node:path/posix';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { elfNeeds } from '../../../src/formats/executables/elf.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { findVolumeTools, type VolumeTool } from '../../../src/install/partition/volume-tools.ts';
import { recordFacts } from '../../../src/install/recorded/facts.ts';
import type { StepContext } from '../../../src/plan/plan.ts';
import { type WriteVolumeTools, writeVolumeTools } from '../../../src/steps/files/write-volume-tools.ts';
import { fakeHost } from '../../fakes/host.ts';
import { disk, facts, liveHost } from '../fixtures.ts';

const host = linuxHost();
const { files, processes } = host;
const boot = '/usr/lib/bhojpur/boot';

/** This machine as a live system, with lsblk in the place of lvm, which it may not have. */
const live = (): Host => {
  const real = (path: string) => (path === '/usr/sbin/lvm' ? '/usr/bin/lsblk' : path);
  return {
    ...host,
    files: {
      ...files,
      exists: async (path) => path === boot || files.exists(real(path)),
      realPath: async (path) => files.realPath(real(path)),
    },
  };
};

test('the program comes with its loader and all its libraries, and starts from one folder', async (t) => {
  const folder = await files.makeTempDir('bos-volume-tools-');
  t.teardown(() => files.remove(folder));
  const tools = await findVolumeTools(live());
  t.deepEqual(
    tools.slice(0, 2).map(({ name }) => name),
    ['lvm', 'loader'],
  );
  t.true(tools.some(({ name }) => name === 'libc.so.6'));
  t.is(new Set(tools.map(({ name }) => name)).size, tools.length);

  const step: WriteVolumeTools = {
    id: 'a',
    kind: 'write-volume-tools',
    at: folder,
    path: 'grub/lvm.img',
    files: [...tools],
  };
  const context = contextOf(host);
  await writeVolumeTools.run(step, context);
  await writeVolumeTools.verify?.(step, context);
  await files.write(`${folder}/plain`, gunzipSync(await files.read(`${folder}/grub/lvm.img`)));
  await processes.run('cpio', ['--extract', '--quiet', '--file', `${folder}/plain`, '--directory', folder]);
  const at = `${folder}/lvm`;
  const { stdout } = await processes.run(`${at}/loader`, ['--library-path', at, `${at}/lvm`, '--version']);
  t.regex(stdout, /util-linux/);
});

test('the facts of a machine with LVM record them, for plans made elsewhere', async (t) => {
  const tools = await findVolumeTools(live());
  const { interpreter = '' } = elfNeeds(await files.read('/usr/bin/lsblk'));
  const places: Readonly<Record<string, string>> = { lvm: '/usr/sbin/lvm', loader: interpreter };
  const placed = tools.map(async ({ from, name }): Promise<[string, Uint8Array]> => {
    return [places[name] ?? `/usr/lib/x86_64-linux-gnu/${name}`, await files.read(from)];
  });
  const machine = liveHost({ files: Object.fromEntries(await Promise.all(placed)) });
  const volume = { kernelName: 'dm-0', path: '/dev/mapper/a', type: 'lvm', mounts: [], alsoOn: [] };
  const withLvm = facts({ disks: [disk({ stacked: [volume] })] });
  const digests = (list: readonly VolumeTool[] = []) => list.map(({ name, sha256 }) => [name, sha256]);

  const { medium } = await recordFacts(machine, withLvm);
  t.deepEqual(digests(medium?.volumeTools), digests(tools));
  t.deepEqual(Object.keys((await recordFacts(machine, facts())).medium ?? {}), ['manifest', 'loader']);
  // A live system without them: whole disks can be planned for all the same.
  t.deepEqual(Object.keys((await recordFacts(liveHost(), withLvm)).medium ?? {}), ['manifest', 'loader']);
});

const programs = { '/usr/sbin/lvm': 'a program', '/lib/loader': 'its loader' };
const small: WriteVolumeTools = {
  ...{ id: 'a', kind: 'write-volume-tools', at: '/target', path: 'lvm.img' },
  files: Object.entries(programs).map(([from, text]) => ({
    ...{ from, name: basename(from), size: text.length, sha256: sha256Of(text) },
  })),
};
const contextOf = (on: Host) => ({ host: on, resolve: (name: string) => name }) as unknown as StepContext;

test('the archive is packed once: reading it back needs nothing but the plan', async (t) => {
  const machine = fakeHost({ files: programs, folders: ['/target'] });
  await writeVolumeTools.run(small, contextOf(machine));
  for (const path of Object.keys(programs)) await machine.files.remove(path);
  await t.notThrowsAsync(async () => writeVolumeTools.verify?.(small, contextOf(machine)));
});

test('what is read back must be the files of the plan and nothing else', async (t) => {
  const machine = fakeHost({ files: programs, folders: ['/target'] });
  const context = contextOf(machine);
  await writeVolumeTools.run(small, context);
  const packed = await machine.files.read('/target/lvm.img');
  const plain = gunzipSync(packed);
  const isRefused = async (bytes: Uint8Array, why: string) => {
    await machine.files.write('/target/lvm.img', bytes);
    await t.throwsAsync(async () => writeVolumeTools.verify?.(small, context), { code: 'read-back' }, why);
  };
  // The unpacked archive, so that it is not the checksum of gzip that tells.
  for (let at = 0; at < plain.length; at++) {
    const changed = Buffer.from(plain);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await isRefused(gzipSync(changed), `byte ${at}`);
  }
  await isRefused(gzipSync(Buffer.concat([plain, Buffer.alloc(512)])), 'more behind it');
  await isRefused(gzipSync(plain.subarray(0, -4)), 'less than all');
  for (const length of [0, 10, packed.length - 1])
    await isRefused(packed.subarray(0, length), `${length} bytes`);
});

test('over another Linux it is refused: its programs are not ours to take', async (t) => {
  for (const files of [{ '/usr/sbin/lvm': 'of another system' }, { [boot]: '' }])
    await t.throwsAsync(findVolumeTools(fakeHost({ files })), { code: 'tool-missing' });
});
