/** An upgrade from a folder, against copying by hand; and over HTTP, against the full download. */
import { dirname, join } from 'node:path';
import { manifestPath, parseManifest } from '../../../src/media/manifest.ts';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement, Row } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { memoryRow, opsctl, peak, type Run, timed } from '../../runs.ts';
import { median, spread, times } from '../../statistics.ts';
import { type Builds, makeBuilds } from './builds.ts';
import { makeNode, makeSystem, otherSystem, type SystemParts } from './node.ts';
import { type FileServer, serveFolder } from './server.ts';

const reach = { folder: 1.4, fetched: 0.3, unlimited: 1.3, limited: 0.4, memory: 60 } as const;
const rounds = 5;
/** 50 Mbit/s. */
const limit = 50_000_000 / 8;
/** Nearly all of the time is the rate's. */
const limitedRounds = 2;

export const upgrading: Figure = {
  name: 'upgrade',
  title: 'Upgrading a node',
  method: [
    '`opsctl upgrade --stage`, as it is started on a node, the whole process from start to end, of a node that is a folder on this machine: it copies, flushes, reads everything back from the disk, and leaves out the one sector that commits. From a folder: all files of a system, in turn with `cp -r`, `sync -f` and `cmp` of each file.',
    'Over HTTP from a server on loopback: the node has the same kernel, and a root file system that differs from the new one in the files of openssl and in our own bundle. Only one build is at hand; in the older one each of these files has a line more at its beginning, which changes all of its blocks, and both are packed anew as the build packs. In turn with the full download: the same command, from the same release without the index of blocks, which fetches the whole root file system. Among the numbers is the same from a server that sends one range a request. At 50 Mbit/s the server sends no more than that over all connections together.',
    'Why an upgrade from a folder takes longer than by hand: Node.js starts and reads its code for about 0.4 s, every byte is hashed twice, and what is read back comes from the disk, where `cmp` finds the copy in memory.',
    'Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`; the larger of both ways.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const system = await extracted(bench);
    const builds = await makeBuilds(bench, system.files['rootfs.squashfs'] ?? '');
    return measureOn(bench, system, builds);
  },
};

/** The system of the ISO. */
export async function extracted(bench: Bench): Promise<SystemParts> {
  const { processes, files } = bench.host;
  const folder = join(bench.folder, 'iso');
  await files.makeDir(folder);
  const extract = ['-osirrox', 'on', '-indev', bench.iso, '-extract', '/bos', join(folder, 'bos')];
  await processes.run('xorriso', extract, { timeoutMs: 300_000 });
  const path = join(folder, manifestPath);
  const { kernel, os } = parseManifest(await files.readText(path), path);
  const inKernel = ['vmlinuz', 'initrd', 'kernel.squashfs'].map((name) => [
    name,
    join(folder, 'bos/system/kernel', kernel, name),
  ]);
  const rootfs = join(folder, 'bos/system/os', os, 'rootfs.squashfs');
  return {
    ...{ kernel, os, indexed: true },
    files: { ...Object.fromEntries(inKernel), 'rootfs.squashfs': rootfs },
  };
}

interface World {
  readonly bench: Bench;
  /** The node that a command works on: a copy of `template`, made anew before each run. */
  readonly node: string;
  readonly server: FileServer;
}

/** With the two root file systems at hand. */
export async function measureOn(bench: Bench, system: SystemParts, builds: Builds): Promise<Measurement> {
  const at = (name: string) => join(bench.folder, name);
  const newer = { ...system, os: '9.0.0', files: { ...system.files, 'rootfs.squashfs': builds.newer } };
  const older = { ...system, os: '0.0.1', files: { ...system.files, 'rootfs.squashfs': builds.older } };
  const { files } = await makeSystem(bench, at('served/blocks'), newer);
  await makeSystem(bench, at('served/whole'), { ...newer, indexed: false });
  await makeNode(bench, at('similar'), older);
  await makeNode(bench, at('similar-whole'), { ...older, indexed: false });
  await makeNode(bench, at('other'), await otherSystem(bench));
  const server = await serveFolder(at('served'));
  const world = { bench, node: at('node'), server };
  try {
    const squashfs = files.filter(({ path }) => path.endsWith('.squashfs'));
    const folder = await againstCopying(
      world,
      files.map(({ path }) => path),
    );
    const network = await overHttp(
      world,
      squashfs.reduce((sum, { size }) => sum + size, 0),
    );
    return {
      rows: [...folder.rows, ...network.rows, await memory(world)],
      raw: [...folder.raw, ...network.raw, `load ${await bench.load()}`],
    };
  } finally {
    server.close();
  }
}

/** As it is started on a node (os/overlay/usr/bin/opsctl). */
function upgradeFrom({ bench, node }: World, source: string): Run {
  const where = ['--destination', join(node, 'bos/system')];
  const [command, args] = opsctl(bench, 'upgrade', source, ...where, '--stage', '--insecure', '--json');
  return [command, ['--max-semi-space-size=1', ...args]];
}
const served = ({ server }: World, name: string) => `${server.url}/${name}/${manifestPath}`;

/** The node as it was; nothing waits to be written. */
async function renew({ bench, node }: World, template: string): Promise<void> {
  const { files, processes } = bench.host;
  await files.remove(node);
  await processes.run('cp', ['--archive', '--link', join(bench.folder, template), node]);
  await processes.run('sync', ['-f', bench.folder]);
}

async function runOn(world: World, template: string, [command, args]: Run): Promise<number> {
  await renew(world, template);
  return timed(world.bench, command, args);
}

async function againstCopying(world: World, paths: readonly string[]): Promise<Measurement> {
  const { bench } = world;
  const { files } = bench.host;
  const [source, copy] = [join(bench.folder, 'served/blocks'), join(bench.folder, 'copy')];
  const byHand: readonly Run[] = [
    ['cp', ['-r', source, copy]],
    ['sync', ['-f', copy]],
    ...paths.map((path): Run => ['cmp', [join(source, path), join(copy, path)]]),
  ];
  const taken = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    bench.say(`from a folder: round ${round + 1} of ${rounds}`);
    await files.remove(copy);
    let sum = 0;
    for (const [command, args] of byHand) sum += await timed(bench, command, args);
    taken.byHand.push(sum);
    await files.remove(copy);
    taken.ours.push(await runOn(world, 'other', upgradeFrom(world, source)));
  }
  return {
    rows: [atMost('upgrade from a folder against cp, fsync and cmp', taken.ours, taken.byHand, reach.folder)],
    raw: [`from a folder: ${spread(taken.ours)}`, `cp, sync, cmp: ${spread(taken.byHand)}`],
  };
}

function atMost(figure: string, ours: readonly number[], theirs: readonly number[], most: number): Row {
  const ratio = median(ours) / median(theirs);
  return { figure, asked: `at most ${times(most)}`, measured: times(ratio), met: ratio <= most };
}

interface Speed {
  readonly name: string;
  readonly bytesPerSecond?: number;
  readonly rounds: number;
}
const speeds: readonly Speed[] = [
  { name: 'unlimited', rounds },
  { name: '50 Mbit/s', bytesPerSecond: limit, rounds: limitedRounds },
];
const ways = {
  blocks: { release: 'blocks', node: 'similar', many: true },
  'blocks, one range a request': { release: 'blocks', node: 'similar', many: false },
  'full download': { release: 'whole', node: 'similar-whole', many: true },
} as const;
type Way = keyof typeof ways;

async function overHttp(world: World, bytes: number): Promise<Measurement> {
  const taken = new Map<string, number[]>();
  const fetched = new Map<Way, string>();
  let share = 1;
  for (const { name, rounds: count, ...speed } of speeds)
    for (let round = 0; round < count; round += 1) {
      world.bench.say(`over HTTP, ${name}: round ${round + 1} of ${count}`);
      for (const [way, { release, node, many }] of Object.entries(ways) as [Way, (typeof ways)[Way]][]) {
        await renew(world, node);
        world.server.reset({ ...speed, many });
        const [command, args] = upgradeFrom(world, served(world, release));
        const key = `${name}, ${way}`;
        taken.set(key, [...(taken.get(key) ?? []), await timed(world.bench, command, args)]);
        fetched.set(way, `${world.server.sent()} bytes by ${world.server.requests()} requests`);
        if (way === 'blocks') share = world.server.sent() / bytes;
      }
    }
  const ratio = (figure: string, speed: string, most: number) =>
    atMost(figure, taken.get(`${speed}, blocks`) ?? [], taken.get(`${speed}, full download`) ?? [], most);
  return {
    rows: [
      {
        figure: 'upgrade over HTTP: bytes fetched',
        asked: `at most ${100 * reach.fetched} % of both squashfs files`,
        measured: `${(100 * share).toFixed(1)} %`,
        met: share <= reach.fetched,
      },
      ratio('upgrade over HTTP against the full download, loopback', 'unlimited', reach.unlimited),
      ratio('upgrade over HTTP against the full download, 50 Mbit/s', '50 Mbit/s', reach.limited),
    ],
    raw: [
      ...[...taken].map(([name, values]) => `${name}: ${spread(values)}`),
      ...[...fetched].map(([way, what]) => `${way}: ${what}`),
    ],
  };
}

async function memory(world: World): Promise<Row> {
  world.server.reset();
  await renew(world, 'similar');
  const network = await peak(world.bench, upgradeFrom(world, served(world, 'blocks')));
  await renew(world, 'other');
  const folder = await peak(
    world.bench,
    upgradeFrom(world, dirname(join(world.bench.folder, 'served/blocks/bos'))),
  );
  return memoryRow('upgrade: memory', Math.max(network, folder), reach.memory);
}
