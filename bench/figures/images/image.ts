/** A disk image from the artifacts, against copying its payload, qemu-img and systemd-repart. */
import { join } from 'node:path';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement, Row } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { median, spread, times } from '../../statistics.ts';

const reach = { copy: 2.5, loop: 4.5, convert: 1.3, memory: 60 } as const;
type Times = Readonly<Record<'raw' | 'copy' | 'repart' | 'loop' | 'convert' | 'qcow2', number[]>>;
const rounds = 3;
const limit = { timeoutMs: 900_000 };

export const image: Figure = {
  name: 'image',
  title: 'Writing a disk image',
  method: [
    '`opsctl image create --no-checksums` of the ISO, by the bundle on the pinned Node.js, from start to end with its fsyncs and with everything read back; in turn with the others. The payload is the `bos` folder of the ISO, extracted before: `cp -r` and `sync -f` of the copy. systemd-repart makes a disk of the same size with an ESP and an ext4 file system of the same folder, as root with loop devices, and puts no boot loader in place. With a loop device and mounts, as by hand: sfdisk, `mkfs.vfat`, `mkfs.ext4`, `cp -r`, `grub-install` for BIOS, `sync`; nothing of it is read back, and nothing is put in place for UEFI. What is not installed (Debian: systemd-repart, grub2-common) is not measured, and neither is `grub-install` where it does not find the disk of a loop device.',
    'Why copying is out of reach: 237 MB are written for 149 MB of payload, since the journal and the tables of the file system and both boot loaders belong to a disk; all of it is flushed before the image has its name and then read from the disk itself, which `cp` does not do; and the payload passes SHA-256 twice, once as it comes and once as it is read back, 0.12 s each time where that does 1.2 GB/s. 27 flushes keep an order that a power cut may end anywhere.',
    'qcow2: `image create -o node.qcow2` against the raw image as above, `qemu-img convert` of it and `sync` of the result; that reads nothing back. Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`. Checksums are left out because SHA-256 knows no holes: it takes as long as the disk is large.',
    'Why the memory is above the figure: 28 MB are there before anything is done, the bundle with its code cache; the heap grows by 22 MB while a plan is made, and blocks of squashfs and pieces of a megabyte take 20 MB until they are collected. Smaller generations of the heap (`--max-semi-space-size=2`) save 11 MB, and cost the code cache.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const tree = await payload(bench);
    const definitions = await repartDefinitions(bench, tree);
    const all: Times = { ...{ raw: [], copy: [], repart: [], loop: [], convert: [], qcow2: [] } };
    const { which } = bench.host.processes;
    const has = {
      repart: (await which('systemd-repart')) !== undefined,
      loop: (await which('grub-install')) !== undefined && (await worksByHand(bench, tree)),
    };
    for (let round = 1; round <= rounds; round += 1) {
      bench.say(`round ${round} of ${rounds}`);
      const path = (name: string) => join(bench.folder, name);
      all.copy.push(await timed(bench, ['cp', '-r', tree, path('copy')], ['sync', '-f', path('copy')]));
      if (has.repart) all.repart.push(await timed(bench, repart(definitions, path('repart.img'))));
      if (has.loop) all.loop.push(await timed(bench, ['sh', '-c', byLoop, 'sh', path('loop.img'), tree]));
      all.raw.push(await timed(bench, create(bench, 'node.img')));
      const target = path('converted');
      const convert = ['qemu-img', 'convert', '-O', 'qcow2', path('node.img'), target];
      all.convert.push(await timed(bench, convert, ['sync', target]));
      all.qcow2.push(await timed(bench, create(bench, 'node.qcow2')));
      for (const name of ['copy', 'repart.img', 'loop.img', 'node.img', 'converted', 'node.qcow2'])
        await bench.host.files.remove(path(name));
    }
    return {
      rows: [...speedRows(all), ...(await memoryRows(bench))],
      raw: [
        ...Object.entries(all).map(
          ([name, values]) => `${name}: ${values.length === 0 ? 'not measured' : spread(values)}`,
        ),
        `load ${await bench.load()}`,
      ],
    };
  },
};

function speedRows(all: Times): Row[] {
  const against = median(all.raw) / median(all.copy);
  const convert = median(all.qcow2) / (median(all.raw) + median(all.convert));
  const compared = (figure: string, asked: string, theirs: number[], least: number, missing: string): Row => {
    if (theirs.length === 0)
      return { figure, asked, measured: `${missing} is not installed, or does not work here` };
    const faster = median(theirs) / median(all.raw);
    return { figure, asked, measured: `${times(faster)} as fast`, met: faster >= least };
  };
  return [
    {
      figure: 'raw image against cp of its payload',
      asked: `at most ${times(reach.copy)}`,
      measured: times(against),
      met: against <= reach.copy,
    },
    compared(
      'raw image against loop, mount and grub-install',
      `at least ${times(reach.loop)} as fast`,
      all.loop,
      reach.loop,
      'grub-install',
    ),
    compared('raw image against systemd-repart', 'faster', all.repart, 1, 'systemd-repart'),
    {
      figure: 'qcow2 image against raw + qemu-img convert',
      asked: `at most ${times(reach.convert)}`,
      measured: times(convert),
      met: convert <= reach.convert,
    },
  ];
}

async function memoryRows(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const bare = await peak(bench, [process.execPath, '-e', '0']);
  for (const name of ['node.img', 'node.qcow2', 'node.vmdk', 'node.img.zst']) {
    const above = (await peak(bench, create(bench, name))) - bare;
    await bench.host.files.remove(join(bench.folder, name));
    rows.push({
      figure: `image create -o ${name}: memory`,
      asked: `at most bare Node.js + ${reach.memory} MB`,
      measured: `bare Node.js + ${above.toFixed(0)} MB`,
      met: above <= reach.memory,
    });
  }
  return rows;
}

const create = (bench: Bench, name: string): string[] => [
  ...[process.execPath, join(bench.root, 'dist/opsctl-start.cjs'), 'image', 'create', '--from', bench.iso],
  ...['-o', join(bench.folder, name), '--allow-no-login', '--no-checksums'],
];

/** GRUB does not find the disk of a loop device on every kernel. */
async function worksByHand(bench: Bench, tree: string): Promise<boolean> {
  const image = join(bench.folder, 'loop.img');
  const { exitCode, stderr } = await bench.host.processes.run('sh', ['-c', byLoop, 'sh', image, tree], {
    ...limit,
    okCodes: [0, 1],
  });
  await bench.host.files.remove(image);
  if (exitCode !== 0) bench.say(`by hand it does not work here: ${stderr.trim().split('\n').at(-1)}`);
  return exitCode === 0;
}

/** $1 is the image, $2 the payload. What was taken is given back whatever happens. */
const byLoop = `
set -eu
truncate -s 2500M "$1"
printf 'label: gpt\\n,1MiB,21686148-6449-6E6F-744E-656564454649\\n,300MiB,U\\n,,L\\n' | sfdisk -q "$1"
device=$(losetup --find --show --partscan "$1")
mounted=$(mktemp -d)
trap 'umount "$mounted" 2>/dev/null || true; partx --delete "$device" 2>/dev/null || true; losetup -d "$device"; rmdir "$mounted"' EXIT
# A kernel that reads no tables of its own is told; one that does knows these already.
partx --add "$device" 2>/dev/null || true
mkfs.vfat -F 32 "\${device}p2" >/dev/null
mkfs.ext4 -q "\${device}p3"
mount "\${device}p3" "$mounted"
cp -r "$2/." "$mounted"
mkdir -p "$mounted/boot/grub"
echo "(hd0) $device" > "$mounted/boot/grub/device.map"
grub-install --target=i386-pc --boot-directory="$mounted/boot" "$device"
sync -f "$mounted"
umount "$mounted"
sync "$1"
`;

async function payload(bench: Bench): Promise<string> {
  const tree = join(bench.folder, 'tree');
  const extract = ['-osirrox', 'on', '-indev', bench.iso, '-extract', '/bos', join(tree, 'bos')];
  await bench.host.processes.run('xorriso', extract, limit);
  return tree;
}

async function repartDefinitions(bench: Bench, tree: string): Promise<string> {
  const folder = join(bench.folder, 'repart.d');
  const { files } = bench.host;
  await files.makeDir(folder);
  const partition = (...lines: string[]) => `[Partition]\n${lines.join('\n')}\n`;
  const esp = ['Type=esp', 'Format=vfat', 'SizeMinBytes=300M', 'SizeMaxBytes=300M'];
  await files.write(join(folder, '10-esp.conf'), partition(...esp));
  await files.write(
    join(folder, '20-state.conf'),
    partition('Type=linux-generic', 'Format=ext4', `CopyFiles=${tree}:/`),
  );
  return folder;
}

const repart = (definitions: string, path: string): string[] => [
  ...['systemd-repart', '--empty=create', '--size=2500M', `--definitions=${definitions}`],
  ...['--dry-run=no', '--no-pager', path],
];

async function timed(bench: Bench, ...commands: readonly string[][]): Promise<number> {
  const start = bench.host.clock.monotonic();
  for (const [command = '', ...args] of commands) await bench.host.processes.run(command, args, limit);
  return bench.host.clock.monotonic() - start;
}

/** In MB. */
async function peak(bench: Bench, command: readonly string[]): Promise<number> {
  const { stderr } = await bench.host.processes.run('/usr/bin/time', ['-f', 'peak %M', ...command], limit);
  return Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
}
