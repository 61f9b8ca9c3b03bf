/** Changing the settings of a finished disk image, whatever its size. */
import { join } from 'node:path';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement, Row } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { memoryRow, opsctl, peak, timed } from '../../runs.ts';
import { median, spread } from '../../statistics.ts';

/** GiB. */
const sizes = [3, 20] as const;
const reach = { milliseconds: 70, written: 64 * 1024, memory: 60 } as const;
const rounds = 15;

export const editingImages: Figure = {
  name: 'edit-image',
  title: 'Changing a disk image',
  method: [
    'Images of the ISO with disks of 3 and 20 GiB, on the disk. `opsctl image edit IMAGE --append-karg`, the whole process from start to end with its fsyncs and with what it wrote read back, by the bundle on the pinned Node.js; in turn with `node -e 0`. Bytes written are those that strace counts in write calls to the image. Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`.',
    'Why the time is above the figure: 44 ms are what `opsctl --help` takes above `node -e 0`, to read 3.6 MB of bundle and 2.7 MB of code cache; 20 ms go to the modules of editing and to reading the menu and its arguments; the rest to reading partition table, FAT and settings three times (to plan, before the point of no return, and back from the disk, past the cache) and to the two flushes.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const rows: Row[] = [];
    const raw: string[] = [];
    for (const size of sizes) {
      const image = join(bench.folder, `${size}.img`);
      bench.say(`making an image of ${size} GiB`);
      const how = ['--size', `${size}G`, '--allow-no-login', '--no-checksums'];
      const [command, args] = opsctl(bench, 'image', 'create', '--from', bench.iso, '-o', image, ...how);
      await timed(bench, command, args);
      const edit = (round: number) =>
        opsctl(bench, 'image', 'edit', image, '--append-karg', `bench=${round}`);
      const undo = opsctl(bench, 'image', 'edit', image, '--undo');
      const all = { edit: [] as number[], bare: [] as number[] };
      for (let round = 1; round <= rounds; round += 1) {
        all.edit.push(await timed(bench, ...edit(round)));
        all.bare.push(await timed(bench, process.execPath, ['-e', '0']));
        await timed(bench, ...undo);
      }
      const above = median(all.edit) - median(all.bare);
      const written = await writtenBy(bench, image, edit(0));
      rows.push(
        {
          figure: `image edit of ${size} GiB`,
          asked: `at most bare Node.js + ${reach.milliseconds} ms`,
          measured: `bare Node.js + ${above.toFixed(0)} ms`,
          met: above <= reach.milliseconds,
        },
        {
          figure: `image edit of ${size} GiB: bytes written`,
          asked: `at most ${reach.written}`,
          measured: `${written}`,
          met: written <= reach.written,
        },
        memoryRow(`image edit of ${size} GiB: memory`, await peak(bench, undo), reach.memory),
      );
      raw.push(`${size} GiB: edit ${spread(all.edit)}, node -e 0 ${spread(all.bare)}`);
      await bench.host.files.remove(image);
    }
    return { rows, raw: [...raw, `load ${await bench.load()}`] };
  },
};

async function writtenBy(
  bench: Bench,
  image: string,
  [command, args]: ReturnType<typeof opsctl>,
): Promise<number> {
  const trace = join(bench.folder, 'trace');
  const calls = ['-f', '-y', '-e', 'trace=write,writev,pwrite64,pwritev', '-o', trace];
  await bench.host.processes.run('strace', [...calls, command, ...args], { timeoutMs: 900_000 });
  const lines = (await bench.host.files.readText(trace))
    .split('\n')
    .filter((line) => line.includes(`<${image}>`));
  return lines.reduce((sum, line) => sum + Number(/= (\d+)$/.exec(line)?.[1] ?? 0), 0);
}
