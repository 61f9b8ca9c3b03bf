/** The OCI image of a next version, as `opsctl build oci` makes it. */
import { basename, dirname, join } from 'node:path';
import { ociStage } from '../../../../src/build/oci/stage.ts';
import type { Stage } from '../../../../src/build/stage.ts';
import { isoOn } from '../boots.ts';
import type { SystemContext } from '../machines.ts';
import { nextTree } from './next-version.ts';

const nothing: Stage = { name: 'made', title: 'Made before', inputs: {}, needs: {}, make: async () => {} };

/** Returns the archive's path, below the folder of the test. */
export async function nextImage(t: SystemContext, os: string): Promise<string> {
  const { files, processes } = t.host;
  const medium = join(t.folder, 'medium');
  const executable = join(t.folder, 'executable');
  await files.makeDir(medium);
  await files.rename(await nextTree(t, isoOn(t, 'cd').file, os), join(medium, 'tree'));
  await files.makeDir(executable);
  await processes.run('cp', [join(t.artifacts, 'opsctl-linux-amd64'), join(executable, 'opsctl')]);
  await processes.run('chmod', ['0755', join(executable, 'opsctl')]);
  const stage = ociStage(
    t.host,
    { medium: nothing, executable: nothing, base: nothing },
    'amd64',
    Date.UTC(2026, 10, 29) / 1000,
  );
  const from = { medium, executable, base: await builtBase(t) };
  await stage.make({ folder: t.folder, from, percent: () => {}, signal: new AbortController().signal });
  for (const folder of [medium, executable]) await files.remove(folder);
  return join(t.folder, 'bos-oci.tar');
}

/** The stage of the build that has the libraries. */
async function builtBase({ host, artifacts }: SystemContext): Promise<string> {
  const cache = join(dirname(artifacts), 'cache');
  const found = (await host.files.list(cache))
    .map((name) => basename(name))
    .find((name) => /^base-/.test(name));
  if (found === undefined) throw new Error(`${cache} has no stage "base": run make first`);
  return join(cache, found);
}
