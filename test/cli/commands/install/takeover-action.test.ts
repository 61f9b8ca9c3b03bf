/** `opsctl install --takeover` as typed, on a Debian in memory that UEFI started. */
import test from 'ava';
import { commands } from '../../../../src/cli/commands/index.ts';
import { renderManifest } from '../../../../src/media/manifest.ts';
import { SparseBytes } from '../../../fakes/sparse.ts';
import { liveHost, manifest, mediumRoot } from '../../../install/fixtures.ts';
import { oldFiles, rootUuid, superBlock } from '../../../install/takeover/fixtures.ts';
import { runProgram } from './fake-world.ts';
import { liveMachine } from './live-machine.ts';

const modules = {
  path: `bos/system/kernel/${manifest.kernel}/kernel.squashfs`,
  size: 1,
  sha256: '0'.repeat(64),
};
const iso = `${mediumRoot}/bos/system/manifest.json`;

const disk = {
  '/sys/class/block/vda/size': '20000000\n',
  '/sys/class/block/vda/queue/logical_block_size': '512\n',
  '/sys/class/block/vda/dev': '254:0\n',
  '/proc/meminfo': 'MemTotal: 752000 kB\n',
};

async function debian() {
  const device = new SparseBytes(4096);
  device.write(0, superBlock(rootUuid));
  const files = Object.entries(oldFiles).flatMap(([path, content]) =>
    content === undefined || path.startsWith('dev/') || `${content}`.startsWith('-> ')
      ? []
      : [[`/${path}`, content] as const],
  );
  const host = liveHost({
    devices: { '/dev/vda3': device },
    files: {
      ...Object.fromEntries(files),
      ...disk,
      '/sys/firmware/efi': '',
      [iso]: renderManifest({ ...manifest, files: [...manifest.files, modules] }),
      [`${mediumRoot}/${modules.path}`]: 'm',
      '/root/config.yaml': 'bos:\n  password: secret\n',
    },
    tools: { sync: () => undefined },
  });
  const sys = '/sys/devices/virtio/block/vda/vda3';
  await host.files.symlink(sys, '/sys/dev/block/254:3');
  for (const folder of ['/', '/boot/grub', '/boot/efi/EFI/debian']) await host.files.makeDir(folder);
  return host;
}

async function opsctl(line: string, host: Awaited<ReturnType<typeof debian>>) {
  const { exitCode: exit, out, err } = await runProgram(line.split(' '), { host, commands });
  return { exit, out, err: err.replaceAll(/\s+/g, ' ') };
}

for (const line of [`${iso}`, `/dev/vda3 ${iso}`, `--no-format /dev/vda3 ${iso}`])
  test(`install --takeover ${line}: a dry run shows what is done now and later`, async (t) => {
    const host = await debian();
    const { exit, out } = await opsctl(
      `install --takeover ${line} --config /root/config.yaml --dry-run`,
      host,
    );
    t.is(exit, 0);
    t.regex(out, /Plan for \/dev\/vda3 \(the root file system\):/);
    t.regex(
      out.replaceAll(/\s+/g, ' '),
      /when it is kept, it becomes the default and deletes everything else on \/dev\/vda3/,
    );
    t.notRegex(out, /secret|destroys data/);
    t.deepEqual(host.ran, []);
    t.deepEqual(await host.files.list('/bos'), []);
  });

const refuses = test.macro({
  title: (_, line: string) => `${line} is refused`,
  exec: async (t, line: string, exit: number, words: RegExp) => {
    const host = await debian();
    const ended = await opsctl(line, host);
    t.is(ended.exit, exit);
    t.regex(ended.err, words);
    t.deepEqual(host.ran, []);
    t.deepEqual(await host.files.list('/bos'), []);
  },
});
test(refuses, 'install --takeover', 3, /needs the ISO.*Nothing was touched/);
test(
  refuses,
  `install --takeover /dev/vda ${iso}`,
  3,
  /is on \/dev\/vda3, not on \/dev\/vda.*Nothing was touched/,
);
test(refuses, `install --takeover ${iso}`, 3, /Nobody could log in.*Nothing was touched/);
test(
  refuses,
  `install --takeover ${iso} --config /root/config.yaml`,
  3,
  /Cannot ask for consent.*Nothing was touched/,
);
test(refuses, `install --takeover ${iso} --var-device /dev/vdb`, 2, /--var-device has no effect/);

test('in a live Bhojpur OS it is refused, and --reboot belongs to it', async (t) => {
  const taken = await opsctl('install --takeover /x.iso', liveMachine());
  t.is(taken.exit, 3);
  t.regex(taken.err, /This is Bhojpur OS already.*Nothing was touched/);
  const restart = await opsctl('install --reboot', liveMachine());
  t.is(restart.exit, 2);
  t.regex(restart.err, /--reboot works only with --takeover/);
});

test('install --takeover=replace: a dry run says what is erased, and when', async (t) => {
  const host = await debian();
  const line = `install --takeover=replace /dev/vda ${iso} --config /root/config.yaml --dry-run`;
  const { exit, out } = await opsctl(line, host);
  t.is(exit, 0);
  t.regex(out, /Plan for \/dev\/vda \(the whole disk\):/);
  t.regex(out.replaceAll(/\s+/g, ' '), /in memory; when it is kept, it ERASES ALL OF \/dev\/vda/);
  t.notRegex(out, /secret|destroys data/);
  t.deepEqual(host.ran, []);
  t.deepEqual(await host.files.list('/bos'), []);
});
test(
  refuses,
  `install --takeover=replace ${iso} --config /root/config.yaml`,
  2,
  /needs the disk that is replaced.*--takeover=replace \/dev\/vda ISO_URL/,
);
test(
  refuses,
  `install --takeover=replace /dev/vda3 ${iso} --config /root/config.yaml`,
  3,
  /starts from \/dev\/vda, not from \/dev\/vda3/,
);
test('install --takeover=replace without --silent asks for consent to erase the disk', async (t) => {
  const host = await debian();
  const ended = await opsctl(`install --takeover=replace /dev/vda ${iso} --config /root/config.yaml`, host);
  t.is(ended.exit, 3);
  t.regex(ended.err, /Cannot ask for consent to erase \/dev\/vda \(the whole disk\).*Nothing was touched/);
});
