/** Putting the system over that of a board in an image file, beside tar into a mounted copy. */
import { join } from 'node:path';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { opsctl, timed } from '../../runs.ts';
import { median, spread } from '../../statistics.ts';

const reach = 1.5;
const rounds = 5;
/** Bytes of the image, and MiB of files in it: as a small image of a board. */
const size = 2 * 2 ** 30;
const content = 700;

/** What a person does without opsctl, from the copy to what is on the disk. */
const byHand =
  'set -e; cp --sparse=always "$1" "$2"; mkdir -p "$3"; mount -o loop "$2" "$3"; ' +
  'tar zxf "$4" --strip-components=1 -C "$3"; cp "$5" "$3/bos/system/config.yaml"; sync -f "$3"; umount "$3"; sync "$2"';

export const overlaying: Figure = {
  name: 'overlay',
  title: 'Over the system of a board, in an image file',
  method: [
    `An image of 2 GiB with an ext4 file system that has ${content} MiB of files, without a partition table. \`opsctl install --overlay IMAGE TARBALL -o OUTPUT\`, the whole process with its reading back and e2fsck; in turn with \`cp\`, a loop mount, \`tar zxf\`, \`sync\` and \`umount\`. The page cache is warm for both. Needs root and loop devices.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const at = (name: string) => join(bench.folder, name);
    const [image, output, config] = [at('board.img'), at('output.img'), at('config.yaml')];
    await bench.host.files.write(config, 'bos:\n  password: not a weak one\n');
    bench.say('making the image of a board');
    await timed(bench, 'sh', ['-c', makeBoard, 'sh', at('tree'), image, String(size), String(content)]);
    const tarball = join(bench.artifacts, 'bos-rootfs-amd64.tar.gz');
    const overlay = opsctl(
      bench,
      ...['install', '--overlay', image, tarball, '-o', output, '--config', config],
      ...['--silent', '--cmdline', 'root=/dev/vda rw'],
    );
    const all = { overlay: [] as number[], hand: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      bench.say(`round ${round + 1} of ${rounds}`);
      all.hand.push(
        await timed(bench, 'sh', ['-c', byHand, 'sh', image, output, at('mount'), tarball, config]),
      );
      await bench.host.files.remove(output);
      all.overlay.push(await timed(bench, ...overlay));
      await bench.host.files.remove(output);
    }
    const ratio = median(all.overlay) / median(all.hand);
    return {
      rows: [
        {
          figure: 'overlay onto an image file',
          asked: `at most ${reach} × tar into a mounted copy and sync`,
          measured: `${ratio.toFixed(2)} ×`,
          met: ratio <= reach,
        },
      ],
      raw: [`opsctl ${spread(all.overlay)}, by hand ${spread(all.hand)}; load ${await bench.load()}`],
    };
  },
};

/** A root as an overlay takes it, with files that cannot be packed further. */
const makeBoard =
  'set -e; mkdir -p "$1/etc" "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib/systemd" "$1/srv"; ' +
  'for f in bin sbin lib; do ln -s "usr/$f" "$1/$f"; done; cp /bin/sh "$1/usr/bin/sh"; cp /bin/sh "$1/usr/lib/systemd/systemd"; ' +
  'ln -s ../lib/systemd/systemd "$1/usr/sbin/init"; head -c "$4M" /dev/urandom | split -b 3M - "$1/srv/"; ' +
  'truncate -s "$3" "$2"; mkfs.ext4 -q -F -d "$1" "$2"; rm -r "$1"';
