/**
 * A disk with a node of a cluster. Its DCP is a stand-in that has the credentials of a kubelet at once, and whose kubectl
 * comes from a disc.
 */
import { join } from 'node:path';
import { sha256Of } from '../../../../src/host/digest.ts';
import { createImage } from '../../../../src/image/create/create.ts';
import { manifestPath, parseManifest, renderManifest } from '../../../../src/media/manifest.ts';
import { bootLimit, isoOn } from '../boots.ts';
import { partitionsOf } from '../disk-images.ts';
import { changeEnvironment } from '../image-environment.ts';
import type { SystemContext } from '../machines.ts';

const dcp = 'v1.30.0';
const kubectlLabel = 'KUBECTL';
const kubectlAt = '/run/kubectl';
const password = 'secret-of-the-node';
const health = { health: ['true'], health_limit: '5' };

export const nodeLogin = { ...bootLimit, password };

const standIn = `#!/bin/sh
if [ "$1" = kubectl ]; then
  shift
  mkdir -p ${kubectlAt}
  [ -e ${kubectlAt}/kubectl ] || mount -o ro -L ${kubectlLabel} ${kubectlAt}
  exec ${kubectlAt}/kubectl "$@"
fi
mkdir -p /var/lib/bhojpur/dcp/agent
cp /var/kubelet.kubeconfig /var/lib/bhojpur/dcp/agent/kubelet.kubeconfig
exec sleep infinity
`;

/** Makes the disc with this machine's kubectl; returns its path. */
export async function kubectlDisc({ host: { files, processes }, folder }: SystemContext): Promise<string> {
  const [tree, disc] = [join(folder, 'kubectl'), join(folder, 'kubectl.iso')];
  await files.makeDir(tree);
  const { stdout } = await processes.run('sh', ['-c', 'readlink -f "$(command -v kubectl)"']);
  await processes.run('cp', [stdout.trim(), join(tree, 'kubectl')]);
  await processes.run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', kubectlLabel, '-o', disc, tree]);
  await files.remove(tree);
  return disc;
}

/**
 * Returns the path of the image. `credentials`: the kubeconfig of the kubelet of node `name`; `bos`: further keys of its
 * configuration.
 */
export async function nodeDisk(
  t: SystemContext,
  name: string,
  credentials: string,
  bos: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { files, processes } = t.host;
  const [output, config] = [join(t.folder, `${name}.img`), join(t.folder, `${name}.yaml`)];
  const keys = {
    hostname: name,
    write_files: [{ path: '/var/kubelet.kubeconfig', permissions: '0600', content: credentials }],
    bos: { ...bos, password, upgrade: { ...health, ...(bos.upgrade ?? {}) } },
  };
  await files.write(config, `${JSON.stringify(keys)}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  const program = join(t.folder, 'dcp');
  await files.write(program, standIn);
  const [folder, commands] = [`bos/system/dcp/${dcp}`, join(t.folder, 'commands')];
  const offset = ((await partitionsOf(output)).at(-1)?.firstLba ?? 0) * 512;
  const list = join(t.folder, 'manifest.json');
  await processes.run('debugfs', ['-R', `dump ${manifestPath} ${list}`, `${output}?offset=${offset}`]);
  const manifest = parseManifest(await files.readText(list), list);
  const listed = { path: `${folder}/dcp`, size: standIn.length, sha256: sha256Of(standIn) };
  await files.write(list, renderManifest({ ...manifest, dcp, files: [...manifest.files, listed] }));
  const lines = [
    ...[`rm ${manifestPath}`, `write ${list} ${manifestPath}`],
    ...['mkdir bos/system/dcp', `mkdir ${folder}`, `cd ${folder}`, `write ${program} dcp`],
    'sif dcp mode 0100755',
  ];
  await files.write(commands, `${lines.join('\n')}\n`);
  await processes.run('debugfs', ['-w', '-f', commands, `${output}?offset=${offset}`]);
  await changeEnvironment(t.host, output, { bos_dcp: dcp });
  return output;
}
