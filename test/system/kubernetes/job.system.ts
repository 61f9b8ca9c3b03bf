/**
 * The job of an upgrade Plan, rehearsed: a registry has the image of the next version, containerd of the node pulls it,
 * runc runs it as the controller would, with the root of the node at /host, and the node restarts into it. Then three nodes
 * in turn, of which the second returns. The API server is that of the tests.
 */
import { strict as assert } from 'node:assert';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ok, switchOff } from '../support/boots.ts';
import { type Cluster, next, startCluster } from '../support/kubernetes/cluster.ts';
import { startContainerd } from '../support/kubernetes/container-runtime.ts';
import { nodeLogin } from '../support/kubernetes/node-disk.ts';
import { nodeOf, told } from '../support/kubernetes/told.ts';
import type { SystemTest } from '../support/machines.ts';

export const issue = 16;

const label = 'bhojpur.net/version';

/** The job, up to the restart that it asks for, or would ask for. */
async function runsJob(
  cluster: Cluster,
  session: Session,
  name: string,
  { restarts = true }: { readonly restarts?: boolean } = {},
): Promise<void> {
  const gate = await cluster.prepare(session, name);
  assert.equal(gate.exitCode, 0, gate.stdout);
  assert.match(gate.stdout, /The gate is open/);
  await cluster.drain(name);
  assert.equal(nodeOf(cluster.api, name).spec.unschedulable, true);
  assert.equal(cluster.api.find('pods', `web-${name}`, 'default'), undefined);
  await cluster.upgrade(session, { restarts });
}

export const tests: SystemTest[] = [
  {
    name: 'the job of an upgrade Plan: pulled from a registry, run by containerd, and the node restarts into it',
    soak: true,
    seconds: 220,
    run: async (t) => {
      const cluster = await startCluster(t, ['node1']);
      try {
        const session = await cluster.machine('node1');
        await told(session, cluster.api, 'node1', ({ metadata }) => metadata.labels?.[label] !== undefined);
        t.log(`image pulled and node told after ${session.mark('told')} ms`);
        await runsJob(cluster, session, 'node1');
        await session.login('bhojpur', nodeLogin);
        await told(
          session,
          cluster.api,
          'node1',
          ({ metadata, spec }) => metadata.labels?.[label] === next && spec.unschedulable !== true,
        );
        const { os, upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json'));
        assert.equal(os, next);
        assert.equal(upgrades.last?.end, 'proved', JSON.stringify(upgrades.last));
        await switchOff(session);
      } finally {
        cluster.stop();
      }
    },
  },
  {
    name: 'a rollout over three nodes: the kernel of the second panics, it returns, and the third is never touched',
    seconds: 520,
    soak: true,
    run: async (t) => {
      const cluster = await startCluster(t, ['node1', 'node2', 'node3']);
      try {
        const first = await cluster.machine('node1');
        await runsJob(cluster, first, 'node1');
        await first.login('bhojpur', nodeLogin);
        await told(first, cluster.api, 'node1', ({ spec }) => spec.unschedulable !== true);
        cluster.done('node1');

        const second = await cluster.machine('node2');
        await runsJob(cluster, second, 'node2', { restarts: false });
        await ok(second, damageNext);
        second.type('sudo systemctl reboot\n');
        await second.awaitText('did not prove itself: back to', bootLimit);
        await second.login('bhojpur', nodeLogin);
        await told(second, cluster.api, 'node2', ({ spec }) => spec.unschedulable !== true);
        const { annotations = {}, labels = {} } = nodeOf(cluster.api, 'node2').metadata;
        assert.equal(annotations['bhojpur.net/health'], 'returned');
        assert.match(annotations['bhojpur.net/last-upgrade'] ?? '', /it did not start/);
        assert.notEqual(labels[label], next);

        const before = structuredClone(nodeOf(cluster.api, 'node3'));
        // The third has no machine: its gate is asked on the first one, which has restarted.
        await startContainerd(first);
        const gate = await cluster.prepare(first, 'node3');
        assert.notEqual(gate.exitCode, 0);
        assert.match(gate.stdout.replaceAll(/\s+/g, ' '), /rollout stops: node2 went back from 9\.0\.0/);
        assert.deepEqual(nodeOf(cluster.api, 'node3'), before);
        assert.ok(cluster.api.find('pods', 'web-node3', 'default'));
        for (const session of [first, second]) await switchOff(session);
      } finally {
        cluster.stop();
      }
    },
  },
];

/** The new kernel cannot start on this machine: what should be its initrd is no archive. */
const damageNext = `sudo mount -o remount,rw /run/bos/state &&
initrd=$(ls -td /run/bos/state/bos/system/kernel/*+*/ | head -n 1)initrd &&
yes 'not an archive' | head -c 1500 | sudo tee "$initrd" > /dev/null && sync`;
