/** Fetching an OCI image from a registry on loopback, against skopeo. */
import { basename, join } from 'node:path';
import { startRegistry } from '../../../test/image/oci/debian-registry.ts';
import type { Bench } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { bundleIsCurrent } from '../../freshness.ts';
import { memoryRow, opsctl, peak, type Run, timed } from '../../runs.ts';
import { median, spread, times } from '../../statistics.ts';

const reach = { speed: 0.8, memory: 60 } as const;
const rounds = 5;

export const pullingOci: Figure = {
  name: 'oci',
  title: 'Fetching an OCI image',
  method: [
    'The OCI image of a build in Debian’s `docker-registry` on this machine. `opsctl oci pull` into an archive, with every digest compared and the archive on the disk, the whole process from start to end; in turn with `skopeo copy --all --preserve-digests` from the same registry to an archive of its own and `sync` of that. Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const archive = join(bench.artifacts, 'bos-oci-amd64.tar');
    if (!(await bench.host.files.exists(archive)))
      throw new Error(`${basename(archive)} is missing: opsctl build oci`);
    const registry = await startRegistry();
    try {
      return await measureOn(bench, archive, `${registry.name}/bos:1`);
    } finally {
      registry.stop();
    }
  },
};

async function measureOn(bench: Bench, archive: string, place: string): Promise<Measurement> {
  const { processes, files } = bench.host;
  await processes.run(...opsctl(bench, 'oci', 'push', archive, place));
  const [ours, theirs] = [join(bench.folder, 'ours.tar'), join(bench.folder, 'theirs.tar')];
  const pull = opsctl(bench, 'oci', 'pull', place, '-o', ours, '--force');
  const source = ['--src-tls-verify=false', `docker://${place}`, `oci-archive:${theirs}:1`];
  const contenders: Readonly<Record<string, readonly Run[]>> = {
    'oci pull': [pull],
    skopeo: [
      ['skopeo', ['--insecure-policy', 'copy', '--all', '--preserve-digests', ...source]],
      ['sync', [theirs]],
    ],
  };
  const taken: Record<string, number[]> = { 'oci pull': [], skopeo: [] };
  for (let round = 0; round < rounds; round += 1) {
    bench.say(`round ${round + 1} of ${rounds}`);
    for (const [name, runs] of Object.entries(contenders)) {
      await files.remove(ours);
      await files.remove(theirs);
      let sum = 0;
      for (const [command, args] of runs) sum += await timed(bench, command, args);
      taken[name]?.push(sum);
    }
  }
  const speed = median(taken.skopeo ?? []) / median(taken['oci pull'] ?? []);
  return {
    rows: [
      {
        figure: 'oci pull against skopeo copy',
        asked: `at least ${times(reach.speed)} as fast`,
        measured: times(speed),
        met: speed >= reach.speed,
      },
      memoryRow('oci pull: memory', await peak(bench, pull), reach.memory),
    ],
    raw: [
      ...Object.entries(taken).map(([name, values]) => `${name}: ${spread(values)}`),
      `load ${await bench.load()}`,
    ],
  };
}
