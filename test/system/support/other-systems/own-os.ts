/** Somebody's own OS as an OCI image: a Debian that its own tools made, and what is built from it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPackages, neededPrograms, neededUnits } from '../../../../src/build/own/programs.ts';
import { sha256File } from '../../../../src/host/digest.ts';
import { startRegistry } from '../../../image/oci/debian-registry.ts';
import type { Fixture, SystemContext } from '../machines.ts';
import { mmdebstrap } from '../mmdebstrap.ts';

const project = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** What `opsctl build --from` would ask for, a program of somebody's own, and nothing of ours. */
const packages = new Set([
  ...['systemd-sysv', 'dbus', 'libnss-systemd', 'linux-image-amd64', 'nginx-light'],
  ...[neededPrograms, neededUnits, libraryPackages].flatMap((table) =>
    Object.values(table).map(({ debian }) => debian),
  ),
]);

/** Fixtures: the image as an archive with the ISO that was built from it, and the same with another layer. */
export const ownOs = 'an OS of somebody’s own, and the ISO of it';
export const nextOwnOs = 'the ISO of its next image, out of a registry';
export const versions = { [ownOs]: '7.1.0', [nextOwnOs]: '7.2.0' } as const;

export const isoOf = (t: SystemContext, fixture: keyof typeof versions) =>
  join(t.fixture(fixture), 'built/bos-amd64.iso');

/** The layer that a fixture adds, in its folder. */
const layer = 'layer.tar';

async function make(t: SystemContext): Promise<void> {
  const { host, folder } = t;
  await mmdebstrap(host, [
    ...['--variant=minbase', '--format=tar', '--aptopt=APT::Install-Recommends "false"'],
    ...['man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${[...packages].join(',')}`,
    '--customize-hook=echo mine > "$1/srv/mine"; echo local > "$1/usr/local/mine"; rm -rf "$1/var/lib/apt/lists"',
    ...['bookworm', join(folder, layer)],
  ]);
  const image = join(folder, 'mine.tar');
  await copyTo(t, [folder], `oci-archive:${image}:1`);
  await build(t, `oci-archive:${image}`, versions[ownOs]);
}

/** Another layer over it, as a later `docker build` adds one. */
async function makeNext(t: SystemContext): Promise<void> {
  const { files, processes } = t.host;
  const changed = join(t.folder, 'changed');
  await files.makeDir(join(changed, 'srv'));
  await files.write(join(changed, 'srv/mine'), 'changed\n');
  const owner = ['--owner=0', '--group=0'];
  await processes.run('tar', ['-C', changed, ...owner, '-cf', join(t.folder, layer), 'srv/mine']);
  const registry = await startRegistry();
  try {
    const image = `${registry.name}/team/mine:2`;
    await copyTo(t, [t.fixture(ownOs), t.folder], `docker://${image}`, '--dest-tls-verify=false');
    await build(t, `oci:${image}`, versions[nextOwnOs]);
  } finally {
    registry.stop();
  }
}

/** Has skopeo copy what `docker save` would write of the layers in these folders. */
async function copyTo(
  { host, folder }: SystemContext,
  folders: readonly string[],
  to: string,
  ...options: string[]
) {
  const { files, processes } = host;
  const digests: string[] = [];
  for (const path of folders) digests.push(await sha256File(files, join(path, layer)));
  const config = {
    ...{ architecture: 'amd64', os: 'linux' },
    rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
  };
  await files.write(join(folder, 'config.json'), JSON.stringify(config));
  const manifest = [
    { Config: 'config.json', RepoTags: ['mine:1'], Layers: digests.map((digest) => `${digest}.tar`) },
  ];
  await files.write(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const saved = join(folder, 'saved.tar');
  await processes.run('tar', ['-C', folder, '-cf', saved, 'manifest.json', 'config.json']);
  for (const [index, path] of folders.entries()) {
    const renamed = `--transform=s/^${layer}$/${digests[index]}.tar/`;
    await processes.run('tar', ['-C', path, '-rf', saved, renamed, layer]);
  }
  await processes.run('skopeo', ['--insecure-policy', 'copy', ...options, `docker-archive:${saved}`, to]);
  await files.remove(saved);
}

async function build({ host, artifacts, folder, log }: SystemContext, from: string, version: string) {
  const { stderr } = await host.processes.run(
    `${project}/bin/opsctl`,
    [
      ...['build', 'iso', '--from', from, '--os-version', version],
      ...['--lock', `${artifacts}/packages-amd64.lock.json`],
      ...['--output', join(folder, 'built')],
    ],
    { cwd: project },
  );
  log(/Debian GNU\/Linux.*/.exec(stderr)?.[0] ?? stderr);
}

export const ownOsFixtures: readonly Fixture[] = [
  { name: ownOs, seconds: 420, make },
  { name: nextOwnOs, seconds: 450, uses: [ownOs], make: makeNext },
];
