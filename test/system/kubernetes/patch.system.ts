/**
 * A node patches itself: asked by an annotation it drains itself with its own kubectl, restarts into the newest release of
 * its stream, and uncordons itself. The API server is that of the tests, the rights those of an agent with the manifest that
 * the image has for it.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { parse } from 'semver';
import { patchAnnotation } from '../../../src/patch/request.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { kubeconfig, kubeletOf } from '../../kubernetes/api-server/kubeconfigs.ts';
import { node, pod, set } from '../../kubernetes/api-server/objects.ts';
import { ApiServer } from '../../kubernetes/api-server/server.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { administrator, here } from '../support/kubernetes/cluster.ts';
import { kubectlDisc, nodeDisk, nodeLogin } from '../support/kubernetes/node-disk.ts';
import { nodeOf, told } from '../support/kubernetes/told.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { nextTree } from '../support/upgrades/next-version.ts';
import { signTree } from '../support/upgrades/signed.ts';

export const issue = 16;

const rights = join(
  import.meta.dirname,
  '../../../os/overlay/usr/share/bhojpur/dcp/server/manifests/node-patches/bos-patch.yaml.example',
);

/** A channel whose newest release of every stream is what was built, under the name of a patch of it. */
async function startChannel(t: SystemContext) {
  const [iso, packages] = [isoOn(t, 'cd').file, join(import.meta.dirname, '../../../package.json')];
  const built = parse(JSON.parse(await t.host.files.readText(packages)).version);
  if (built === null) throw new Error(`${packages} has no version`);
  const patch = `${built.major}.${built.minor}.${built.patch + 5}`;
  const tree = await nextTree(t, iso, patch);
  const key = await signTree(t.host, tree);
  const { stdout } = await t.host.processes.run('find', ['.', '-type', 'f'], { cwd: tree });
  const files = stdout.trim().split('\n');
  const release = `/stable/v${patch}`;
  const paths = Object.fromEntries(
    files.map((file) => [`${release}/${file.slice(2)}`, { file: join(tree, file) }]),
  );
  const latest = Buffer.from(`v${patch}\n`);
  return { patch, key, server: await serveRanges({ paths: { ...paths, '/stable/latest': latest } }) };
}

export const tests: SystemTest[] = [
  {
    name: 'a patch that an annotation asks for: drained by the node, restarted, proved, uncordoned',
    seconds: 260,
    soak: true,
    run: async (t) => {
      const api = await new ApiServer({ names: [here], podSpeed: 10 }).start();
      const { patch, key, server } = await startChannel(t);
      try {
        api.add(node('node1'), set('ReplicaSet', 'web', 1), set('DaemonSet', 'proxy', 1));
        api.add(pod('web-1', 'node1', { owner: { kind: 'ReplicaSet', name: 'web' }, grace: 5 }));
        api.add(pod('proxy-1', 'node1', { owner: { kind: 'DaemonSet', name: 'proxy' } }));
        const kubectl = await administrator(t, api);
        await kubectl(['apply', '-f', rights]);

        const credentials = kubeconfig(api, kubeletOf(api, 'node1'), `https://${here}:${api.port}`);
        const disk = await nodeDisk(t, 'node1', credentials, {
          upgrade: { channel: `http://${here}:${server.port}/stable`, public_key: key },
          patch: { reboot_if_required: true, drain: { timeout: '4m', ignore_daemon_sets: true } },
        });
        const session = await t.start({
          ...{ firmware: 'bios', memory: 1024 },
          disks: [
            { id: 'disk', file: disk, bus: 'virtio', cache: 'unsafe' },
            { id: 'kubectl', file: await kubectlDisc(t), bus: 'cd', readOnly: true },
          ],
        });
        await session.login('bhojpur', nodeLogin);
        const look = await ok(session, 'sudo opsctl patch --check', bootLimit.timeoutMs);
        assert.match(look, new RegExp(`${patch.replaceAll('.', '\\.')} is a patch for`));

        await kubectl(['annotate', 'node', 'node1', `${patchAnnotation}=now`]);
        // Nobody types anything. What it says meanwhile is for whoever reads the log of a failure.
        session.type('sudo journalctl -f -t opsctl -t watch-node\n');
        await session.awaitText(`The next start is of ${patch}`, bootLimit);
        await session.login('bhojpur', nodeLogin);
        await told(session, api, 'node1', ({ spec, metadata }) => {
          return metadata.labels?.['bhojpur.net/version'] === patch && spec.unschedulable !== true;
        });
        const { os, upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json'));
        assert.equal(os, patch);
        assert.equal(upgrades.last?.end, 'proved', JSON.stringify(upgrades.last));
        assert.match(await ok(session, 'sudo opsctl status'), new RegExp(`Patched Version\\s+${patch}`));
        // The node has done it, with its own credentials: cordoned, evicted and uncordoned.
        assert.equal(api.find('pods', 'web-1', 'default'), undefined);
        assert.ok(api.find('pods', 'proxy-1', 'default'));
        const own = api.log.filter(({ user, method }) => user === 'system:node:node1' && method !== 'GET');
        const at = (method: string, path: RegExp) =>
          own.findIndex((line) => line.method === method && path.test(line.path));
        assert.ok(at('POST', /pods\/web-1\/eviction/) > at('PATCH', /nodes\/node1/));
        // What was done is not done again.
        const requests = nodeOf(api, 'node1').metadata.annotations?.[patchAnnotation];
        assert.equal(requests, 'now');
        assert.match(await ok(session, 'sudo opsctl patch --requested'), /No patch is asked for/);
        await switchOff(session);
      } finally {
        server.close();
        api.stop();
      }
    },
  },
];
