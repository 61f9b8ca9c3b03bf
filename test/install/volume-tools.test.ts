/** The archive with which the initrd activates LVM: made of a program of this machine, unpacked, and started. */
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { findVolumeTools } from '../../src/install/volume-tools.ts';
import type { StepContext } from '../../src/plan/plan.ts';
import { type WriteVolumeTools, writeVolumeTools } from '../../src/steps/write-volume-tools.ts';
import { fakeHost } from '../fakes/host.ts';

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
  const context = { host, resolve: (name: string) => name } as unknown as StepContext;
  await writeVolumeTools.run(step, context);
  await writeVolumeTools.verify?.(step, context);
  await files.write(`${folder}/plain`, gunzipSync(await files.read(`${folder}/grub/lvm.img`)));
  await processes.run('cpio', ['--extract', '--quiet', '--file', `${folder}/plain`, '--directory', folder]);
  const at = `${folder}/lvm`;
  const { stdout } = await processes.run(`${at}/loader`, ['--library-path', at, `${at}/lvm`, '--version']);
  t.regex(stdout, /util-linux/);
});

test('over another Linux it is refused: its programs are not ours to take', async (t) => {
  for (const files of [{ '/usr/sbin/lvm': 'of another system' }, { [boot]: '' }])
    await t.throwsAsync(findVolumeTools(fakeHost({ files })), { code: 'tool-missing' });
});
