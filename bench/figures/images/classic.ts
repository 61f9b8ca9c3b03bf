/** An install against the flow of the classic shell installers, in the same machine on the same disk. */
import { join } from 'node:path';
import type { DiskInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { mmdebstrap } from '../../../test/system/support/mmdebstrap.ts';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { elapsed, enterLive, installCommand, settled, timed } from '../../in-live.ts';
import { median, spread, times } from '../../statistics.ts';

const reach = { faster: 1, written: 1.1, memory: 60 };
const rounds = 3;

export const classic: Figure = {
  name: 'classic',
  title: 'Install against the classic flow',
  method: [
    'In one live machine (BIOS, ISO as a CD, 1536 MB), in turn onto the same virtio disk of 3 GB: `opsctl install` as above, verification included, and what the shell installers of such systems do: the first megabyte cleared with `dd`, `parted` (GPT, with a partition for GRUB, one for the loader and one for the state), `partprobe` and `udevadm settle`, `mkfs.vfat`, `mkfs.ext4`, `mount`, `tar | tar` of the same files, `grub-install` for BIOS with a menu, `sync`, `umount`. It has no sleeps, verifies nothing and puts nothing in place for UEFI. Its tools come from a squashfs of Debian packages on a third disk; they and the files of the medium are read once before.',
    'Bytes written are those that the kernel counts for the disk (`/sys/block/vda/stat`) during an install, over the bytes of the files that the manifest lists. Peak memory is the `VmHWM` of the process, read again and again until it ends, less that of a bare Node.js in the same machine.',
    'The classic flow hashes nothing, reads nothing back, looks at no disk but its own, puts nothing in place for UEFI and starts no Node.js. What an install writes beyond the payload: the boot loader for UEFI (6.1 MB), signatures of what was there before (up to 6 MB; zeroes are not written over zeroes), tables and metadata of both file systems (2.5 MB).',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const tools = await toolsDisk(bench);
    const target = await bench.emptyDisk('target', 3_000_000_000 - (3_000_000_000 % 4096));
    const input = { memory: 1536, disks: [bench.medium, target, tools] };
    return bench.machine('classic', input, (session) => measureIn(session, bench));
  },
};

/** Debian's parted and GRUB as a read-only disk. */
async function toolsDisk(bench: Bench): Promise<DiskInput> {
  bench.say('packing the tools of the classic flow');
  const [tar, file] = [join(bench.folder, 'tools.tar'), join(bench.folder, 'tools.squashfs')];
  const { processes } = bench.host;
  const packages = 'parted,grub-pc-bin,grub2-common,dosfstools,e2fsprogs,udev,mount';
  const words = ['--variant=essential', '--format=tar', `--include=${packages}`, 'bookworm', tar];
  await mmdebstrap(bench.host, words);
  await processes.run('sqfstar', ['-quiet', '-no-progress', file], { inputFile: tar });
  return { id: 'tools', file, bus: 'virtio', readOnly: true };
}

async function measureIn(session: Session, bench: Bench): Promise<Measurement> {
  const { manifest, files, ok, script } = await enterLive(session);
  const payload = manifest.files.reduce((sum, { size }) => sum + size, 0);
  await ok(`sudo mkdir -p /mnt/tools && sudo mount -t squashfs -o ro /dev/vdb /mnt/tools`);
  for (const folder of ['dev', 'proc', 'sys', 'run'])
    await ok(`sudo mount --rbind /${folder} /mnt/tools/${folder}`);
  await ok(`sudo mount -t tmpfs tmpfs /mnt/tools/mnt`);
  const flow = await script('classic', [...settled, ...timed(...classicFlow(files.join(' ')))]);
  const ours = await script('install', [...settled, ...timed(installCommand), writtenSince]);
  const watched = await script('watch', [...settled, watch]);

  const [flows, installs, written]: number[][] = [[], [], []];
  for (let round = 1; round <= rounds; round++) {
    bench.say(`classic flow and install, ${round} of ${rounds}`);
    flows?.push(elapsed(await ok(`sudo sh ${flow}`)));
    const said = await ok(`before=$(cat /sys/block/vda/stat) sudo -E sh ${ours}`);
    installs?.push(elapsed(said));
    written?.push(numberIn(said, /^sectors (\d+)$/m) * 512);
  }
  const peak = numberIn(await ok(`sudo sh ${watched}`), /^peak (\d+)$/m) / 1024;
  const own = `fs.readFileSync('/proc/self/status','latin1').match(/VmHWM.*/)[0]`;
  const bare = numberIn(await ok(`/usr/lib/bhojpur/node -p "${own}"`), /VmHWM:\s+(\d+)/) / 1024;

  const faster = median(flows ?? []) / median(installs ?? []);
  const share = median(written ?? []) / payload;
  return {
    rows: [
      {
        figure: 'install against the classic flow',
        asked: `at least ${times(reach.faster)} as fast`,
        measured: times(faster),
        met: faster >= reach.faster,
      },
      {
        figure: 'bytes written by an install',
        asked: `at most ${times(reach.written)} the payload`,
        measured: times(share),
        met: share <= reach.written,
      },
      {
        figure: 'peak memory of the installer',
        asked: `at most bare Node.js + ${reach.memory} MB`,
        measured: `bare Node.js + ${Math.round(peak - bare)} MB`,
        met: peak - bare <= reach.memory,
      },
    ],
    raw: [
      `classic flow ${spread(flows ?? [])}`,
      `install ${spread(installs ?? [])}; load ${await bench.load()}`,
      `payload ${payload} bytes; written ${(written ?? []).join(', ')} bytes`,
      `peak ${Math.round(peak)} MB, bare Node.js ${Math.round(bare)} MB`,
    ],
  };
}

/** Runs in the live system, as root; `T` is a program of the tools' disk. */
const classicFlow = (files: string) => [
  'T="chroot /mnt/tools"',
  'dd if=/dev/zero of=/dev/vda bs=1M count=1 status=none',
  '$T parted -s /dev/vda mklabel gpt mkpart bios 1MiB 2MiB mkpart efi fat32 2MiB 302MiB mkpart state ext4 302MiB 100% set 1 bios_grub on set 2 esp on',
  '$T partprobe /dev/vda',
  'udevadm settle',
  '$T mkfs.vfat -F 32 -n BOS_GRUB /dev/vda2 >/dev/null',
  '$T mkfs.ext4 -q -F -L BOS_STATE /dev/vda3',
  'mkdir -p /mnt/tools/mnt/target',
  'mount /dev/vda3 /mnt/tools/mnt/target',
  `tar cf - ${files} | tar xf - -C /mnt/tools/mnt/target`,
  '$T grub-install --target=i386-pc --boot-directory=/mnt/target/boot /dev/vda 2>/dev/null',
  'echo "set timeout=1" > /mnt/tools/mnt/target/boot/grub/grub.cfg',
  'sync',
  'umount /mnt/tools/mnt/target',
];

/** Field 7: sectors of 512 bytes written (Documentation/block/stat.rst). `before` is in the environment. */
const writtenSince =
  'set -- $before; old=$7; set -- $(cat /sys/block/vda/stat); echo "sectors $(($7 - old))"';

/** VmHWM only grows, so the last one read is the peak but for the last moment. */
const watch = `opsctl install /dev/vda --silent --allow-no-login --json >/tmp/events 2>&1 & pid=$!
peak=0
while kill -0 $pid 2>/dev/null; do
  while read -r name value unit; do [ "$name" = VmHWM: ] && peak=$value; done 2>/dev/null </proc/$pid/status || true
  sleep 0.1
done
wait $pid
echo "peak $peak"`;

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${pattern.source} in:\n${text}`);
  return Number(found);
}
