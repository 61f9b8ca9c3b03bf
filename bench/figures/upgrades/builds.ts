/**
 * Two root file systems that differ as two builds do between which openssl got a security update and opsctl changed.
 * Only one build is at hand: in the older one each file of these two has a line more at its beginning, which changes
 * all of its blocks, and both are packed anew, as the build packs.
 */
import { join } from 'node:path';
import { squashfsOptions } from '../../../src/build/stages/squashfs.ts';
import type { Bench } from '../../bench.ts';

export interface Builds {
  readonly older: string;
  readonly newer: string;
}

/** Files of the packages openssl and libssl3, and our own bundle with its starter and its code cache. */
const differing = [
  ...['usr/bin/openssl', 'usr/lib/x86_64-linux-gnu/libssl.so.3', 'usr/lib/x86_64-linux-gnu/libcrypto.so.3'],
  ...['opsctl.cjs', 'opsctl-start.cjs', 'opsctl-phases.cjs', 'opsctl.cache'].map(
    (name) => `usr/lib/bhojpur/${name}`,
  ),
];
const time = 1_700_000_000;

/** Takes a minute or two. Throws when the image of this build does not have these files. */
export async function makeBuilds(bench: Bench, image: string): Promise<Builds> {
  const { processes, files } = bench.host;
  const tree = join(bench.folder, 'tree');
  bench.say('unpacking the root file system');
  await processes.run('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, image], { timeoutMs: 600_000 });
  const pack = async (name: string): Promise<string> => {
    bench.say(`packing the ${name} one`);
    const [archive, packed] = [`${name}.tar`, `${name}.squashfs`].map((file) => join(bench.folder, file)) as [
      string,
      string,
    ];
    // In one fixed order, as the build does.
    await processes.run('tar', ['--sort=name', '-C', tree, '-cf', archive, '.'], { timeoutMs: 600_000 });
    await processes.run('sqfstar', ['-quiet', ...squashfsOptions(time), packed], {
      inputFile: archive,
      timeoutMs: 900_000,
    });
    await files.remove(archive);
    return packed;
  };
  const newer = await pack('newer');
  for (const path of differing) {
    const content = await files.read(join(tree, path));
    await files.write(join(tree, path), Buffer.concat([Buffer.from('# before\n'), content]));
  }
  const older = await pack('older');
  await files.remove(tree);
  return { older, newer };
}
