/** Writing an image to a disk, against dd and cmp, and against bmaptool. */
import { join } from 'node:path';
import { attachLoop } from '../../../test/disk/loop-device.ts';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement, Row } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { memoryRow, opsctl, peak, type Run, timed } from '../../runs.ts';
import { median, spread, times } from '../../statistics.ts';

const reach = { dd: 1.15, bmaptool: 1.15, readBack: 1.15, memory: 60 } as const;
const rounds = 5;
/** MiB: of random bytes, and of the whole image; what is between are holes. */
const size = { content: 600, image: 1000, disk: 1200 } as const;

export const writingImages: Figure = {
  name: 'write-image',
  title: 'Writing an image to a disk',
  method: [
    'An image of 1000 MiB, 600 of them random bytes and the rest holes, to a loop device over a file of 1200 MiB. Before each run that file is filled with other bytes and is on the disk, so zeros have to be written, too. `opsctl image write`, the whole process from start to end, reads everything back; in turn with `dd bs=4M conv=fsync` and `cmp`.',
    'With the block map that `bmaptool create` makes: against `bmaptool copy`, which compares checksums of what it reads, flushes, and reads nothing back; and against the same with `cmp` of what was written. Only the second reads as much as `image write` does. Reading back begins when all is written, and not beside it: a stick that has less memory than it says keeps what comes last over what came first, and would pass. Without bmaptool (Debian: bmap-tools) these are not measured. Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const files = await makeFiles(bench);
    const { device, detach } = attachLoop(files.disk);
    try {
      return await measureOn(bench, device, files);
    } finally {
      detach();
    }
  },
};

async function makeFiles(bench: Bench) {
  bench.say('making an image and a disk');
  const { processes } = bench.host;
  const [image, disk, old] = ['image', 'disk', 'old'].map((name) => join(bench.folder, `${name}.img`)) as [
    string,
    string,
    string,
  ];
  const random = (path: string, count: number) =>
    processes.run('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${count}`, 'status=none']);
  await random(image, size.content);
  await processes.run('truncate', ['-s', `${size.image}M`, image]);
  await random(old, size.disk);
  await random(disk, size.disk);
  const mapped = (await processes.which('bmaptool')) !== undefined;
  if (mapped) await processes.run('bmaptool', ['create', image, '-o', `${image}.bmap`]);
  await processes.run('sync', [image, old, disk]);
  return { image, disk, old, mapped };
}

async function measureOn(
  bench: Bench,
  device: string,
  { image, disk, old, mapped }: Awaited<ReturnType<typeof makeFiles>>,
): Promise<Measurement> {
  const { processes } = bench.host;
  const write = (...more: string[]) =>
    opsctl(bench, 'image', 'write', image, device, '--force', '--silent', ...more);
  const copy: Run = ['bmaptool', ['--quiet', 'copy', '--bmap', `${image}.bmap`, image, device]];
  const compare: Run = ['cmp', ['-n', `${size.content * 2 ** 20}`, image, device]];
  const contenders: Readonly<Record<string, readonly Run[]>> = {
    'dd, cmp': [
      ['dd', [`if=${image}`, `of=${device}`, 'bs=4M', 'conv=fsync', 'status=none']],
      ['cmp', ['-n', `${size.image * 2 ** 20}`, image, device]],
    ],
    'image write': [write('--no-bmap')],
    ...(mapped && {
      bmaptool: [copy],
      'bmaptool, cmp': [copy, compare],
      'image write with a map': [write()],
    }),
  };
  const taken: Record<string, number[]> = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, []]),
  );
  for (let round = 0; round < rounds; round += 1) {
    bench.say(`round ${round + 1} of ${rounds}`);
    for (const [name, runs] of Object.entries(contenders)) {
      await processes.run('dd', [`if=${old}`, `of=${disk}`, 'bs=4M', 'conv=notrunc,fsync', 'status=none']);
      await processes.run('blockdev', ['--flushbufs', device]);
      let sum = 0;
      for (const [command, args] of runs) sum += await timed(bench, command, args);
      taken[name]?.push(sum);
    }
  }
  const of = (name: string) => median(taken[name] ?? []);
  const ratio = (figure: string, ours: string, theirs: string, most: number): Row => {
    const asked = `at most ${times(most)}`;
    if (taken[theirs] === undefined) return { figure, asked, measured: 'bmaptool is not installed' };
    const value = of(ours) / of(theirs);
    return { figure, asked, measured: times(value), met: value <= most };
  };
  const withMap = 'image write with a map';
  return {
    rows: [
      ratio('image write against dd, fsync and cmp', 'image write', 'dd, cmp', reach.dd),
      ratio('image write with a block map against bmaptool', withMap, 'bmaptool', reach.bmaptool),
      ratio(
        'image write with a block map against bmaptool and cmp',
        withMap,
        'bmaptool, cmp',
        reach.readBack,
      ),
      memoryRow('image write: memory', await peak(bench, write('--no-bmap')), reach.memory),
      ...(mapped
        ? [memoryRow('image write with a block map: memory', await peak(bench, write()), reach.memory)]
        : []),
    ],
    raw: [
      ...Object.entries(taken).map(([name, values]) => `${name}: ${spread(values)}`),
      `load ${await bench.load()}`,
    ],
  };
}
