/** Packs for Palette: checking many of them, and sending a large one against skopeo. */
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../../src/formats/archives/tar.ts';
import { makePack, writePack } from '../../src/palette/init/make-pack.ts';
import { type Answers, type KindName, kindNames } from '../../src/palette/init/request.ts';
import { startRegistry } from '../../test/image/oci/debian-registry.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement, Row } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { memoryRow, opsctl, peak, timed } from '../runs.ts';
import { median, spread, times } from '../statistics.ts';

const reach = { validate: 1000, push: 1.2, memory: 60 } as const;
const rounds = { validate: 11, push: 5 } as const;
const count = 200;
/** Bytes of the layer. */
const layerSize = 1e9;

export const packing: Figure = {
  name: 'packs',
  title: 'Packs for Palette',
  method: [
    `\`opsctl pack validate\` of ${count} packs of all kinds that \`opsctl pack init\` makes, ${rounds.validate} times after one time that does not count, by the bundle on the Node.js that ships: from the start of the process to its end, median. Beside it, how many times as long as \`node -e 0\` in the same run.`,
    `\`opsctl pack push\` of an archive of ${layerSize / 1e9} GB, which is looked through and checked first, into Debian's \`docker-registry\` on this machine, new for every run; in turn with \`skopeo copy\` of the same image from a folder. Peak memory is the maximum resident set that the kernel counts, less that of \`node -e 0\`.`,
    '`pack show` of the archive stands beside it: that looks through it, and sends nothing. skopeo does not look into a layer. Sending alone takes as long as skopeo does; looking through the archive, which comes before the first byte is sent, so that nothing of a faulty pack is, takes the rest.',
    'Why the memory is above the figure: 23 MB are the bundle with what V8 has compiled of it, 8 what is being sent, and what zlib unpacks piles up to some 50 MB before it is collected, which nobody can tell it not to. With `--max-semi-space-size=1`, as the OS runs opsctl, looking through takes 24 MB less.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const [checked, sent] = [await validating(bench), await pushing(bench)];
    return {
      rows: [...checked.rows, ...sent.rows],
      raw: [...checked.raw, ...sent.raw, `load ${await bench.load()}`],
    };
  },
};

const image = { osName: 'centos', sshUser: 'centos' };
const answers: Readonly<Record<KindName, Answers>> = {
  edge: { uri: 'registry.example.com/bos:1' },
  generic: { image: 'ami-0f4804aff4cf9c5a2', osName: 'rhel', osVersion: '8' },
  aws: { image: 'ami-071f6fc516c53fca1', imageOwner: '421085264799', region: 'us-east-1', ...image },
  azure: { publisher: 'OpenLogic', offer: 'CentOS', sku: '7.7', ...image },
  vsphere: { image: '/Datacenter/vm/templates/centos', ...image },
  addon: { addonType: 'monitoring' },
};

async function validating(bench: Bench): Promise<Measurement> {
  const folders: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = kindNames[index % kindNames.length] ?? 'edge';
    const own = kind === 'edge' || kind === 'generic' ? {} : { name: `${kind}-${index}` };
    const request = {
      kind,
      answers: { ...answers[kind], ...own, version: `1.0.${index}` },
      drain: index % 2 > 0,
    };
    const pack = await makePack(bench.host, { ...request, charts: [], manifests: [], images: [] });
    folders.push(await writePack(bench.host, join(bench.folder, 'packs'), pack));
  }
  const check = opsctl(bench, 'pack', 'validate', ...folders);
  const taken: Record<'check' | 'bare', number[]> = { check: [], bare: [] };
  for (let round = 0; round <= rounds.validate; round += 1) {
    const [bare, time] = [await timed(bench, process.execPath, ['-e', '0']), await timed(bench, ...check)];
    if (round === 0) continue;
    taken.bare.push(bare);
    taken.check.push(time);
  }
  const time = median(taken.check);
  const ratio = time / median(taken.bare);
  const row: Row = {
    figure: `validate ${count} packs`,
    asked: `at most ${reach.validate} ms`,
    measured: `${time.toFixed(0)} ms, ${ratio.toFixed(1)} × node -e 0`,
    met: time <= reach.validate,
  };
  const raw = Object.entries(taken).map(([name, values]) => `pack validate, ${name}: ${spread(values)}`);
  return { rows: [row], raw };
}

const name = 'large';
const version = '1.0.0';

async function pushing(bench: Bench): Promise<Measurement> {
  const { files, processes } = bench.host;
  const archive = join(bench.folder, `${name}-${version}.tar.gz`);
  await writeLargeArchive(bench, archive);
  const copy = join(bench.folder, 'copy');
  const place = `spectro-packs/archive/${name}:${version}`;
  const fresh = async <T>(work: (registry: string) => Promise<T>): Promise<T> => {
    const registry = await startRegistry();
    try {
      return await work(registry.name);
    } finally {
      registry.stop();
    }
  };
  const skopeo = (...args: string[]): readonly [string, string[]] => [
    'skopeo',
    ['--insecure-policy', 'copy', ...args],
  ];
  const memory = await fresh(async (registry) => {
    const used = await peak(bench, opsctl(bench, 'pack', 'push', archive, registry));
    await files.remove(copy);
    await processes.run(...skopeo('--src-tls-verify=false', `docker://${registry}/${place}`, `dir:${copy}`));
    return used;
  });
  const look = await timed(bench, ...opsctl(bench, 'pack', 'show', archive));
  const taken: Record<'opsctl' | 'skopeo', number[]> = { opsctl: [], skopeo: [] };
  for (let round = 0; round < rounds.push; round += 1) {
    bench.say(`round ${round + 1} of ${rounds.push}`);
    taken.opsctl.push(
      await fresh((registry) => timed(bench, ...opsctl(bench, 'pack', 'push', archive, registry))),
    );
    taken.skopeo.push(
      await fresh((registry) =>
        timed(
          bench,
          ...skopeo(
            '--dest-tls-verify=false',
            '--preserve-digests',
            `dir:${copy}`,
            `docker://${registry}/${place}`,
          ),
        ),
      ),
    );
  }
  const ratio = median(taken.opsctl) / median(taken.skopeo);
  const row: Row = {
    figure: 'pack push of 1 GB against skopeo copy',
    asked: `at most ${times(reach.push)} as long`,
    measured: times(ratio),
    met: ratio <= reach.push,
  };
  return {
    rows: [row, memoryRow('pack push of 1 GB: memory', memory, reach.memory)],
    raw: [
      ...Object.entries(taken).map(([who, values]) => `push by ${who}: ${spread(values)}`),
      `pack show: ${look.toFixed(0)} ms`,
    ],
  };
}

/** A valid pack with one chart of random bytes, which no packing makes smaller. */
async function writeLargeArchive({ host }: Bench, path: string): Promise<void> {
  const top = `${name}-${version}`;
  const { files } = await makePack(host, {
    ...{ kind: 'addon', answers: { ...answers.addon, name, version } },
    ...{ charts: [], manifests: [], images: [], drain: false },
  });
  const file = await host.files.open(path, 'w');
  let offset = 0;
  // Members of gzip one after the other are one file (RFC 1952, section 2.2).
  const append = async (bytes: Uint8Array) => {
    const packed = gzipSync(bytes, { level: 1 });
    await file.write(offset, packed);
    offset += packed.length;
  };
  const entry = { mode: 0o644, mtime: 0 } as const;
  for (const [inside, bytes] of files) {
    await append(tarHeader({ ...entry, path: `${top}/${inside}`, type: 'File', size: bytes.length }));
    await append(Buffer.concat([bytes, tarPadding(bytes.length)]));
  }
  await append(tarHeader({ ...entry, path: `${top}/charts/large.tgz`, type: 'File', size: layerSize }));
  const piece = Buffer.alloc(8 * 1024 * 1024);
  for (let left = layerSize; left > 0; left -= piece.length)
    await append(randomFillSync(piece).subarray(0, Math.min(piece.length, left)));
  await append(Buffer.concat([tarPadding(layerSize), tarEnd]));
  await file.close();
}
