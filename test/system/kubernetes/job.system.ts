/**
 * The job of an upgrade Plan, rehearsed: a registry has the image of the next version, containerd of the node pulls it,
 * runc runs it with the root of the node at /host and the arguments of the Plan, and the node restarts into it.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { createImage } from '../../../src/image/create/create.ts';
import { renderPlans } from '../../../src/kubernetes/plan/render.ts';
import {
  defaultDeadline,
  defaultName,
  defaultNamespace,
  defaultSelector,
} from '../../../src/kubernetes/plan/request.ts';
import { startRegistry } from '../../image/oci/debian-registry.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { jobCommands, runtimeDisc, startContainerd } from '../support/container-runtime.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { nextImage } from '../support/upgrades/next-image.ts';

export const issue = 16;

const password = 'secret-of-the-node';
const next = '9.0.0';

/** What the controller takes from the Plan for the container. */
function jobOf(image: string): { readonly image: string; readonly args: readonly string[] } {
  const plans = renderPlans({
    ...{ name: defaultName, namespace: defaultNamespace, image, source: { version: next } },
    ...{ roles: [], concurrency: 1, selector: defaultSelector('new'), tolerations: [], before: 'nothing' },
    ...{ window: undefined, deadline: defaultDeadline, pullSecrets: [] },
  });
  const plan = parseAllDocuments(plans)
    .map((document) => document.toJS())
    .find(({ kind }) => kind === 'Plan');
  const { version, upgrade } = plan.spec;
  return { image: `${upgrade.image}:${version}`, args: upgrade.args };
}

async function installedDisk(t: SystemContext): Promise<string> {
  const output = join(t.folder, 'node.img');
  const config = join(t.folder, 'config.yaml');
  await t.host.files.write(config, `bos:\n  password: ${password}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  return output;
}

export const tests: SystemTest[] = [
  {
    name: 'the job of an upgrade Plan: pulled from a registry, run by containerd, and the node restarts into it',
    seconds: 200,
    run: async (t) => {
      const registry = await startRegistry();
      try {
        const image = await nextImage(t, next);
        const opsctl = join(t.artifacts, 'opsctl-linux-amd64');
        await t.host.processes.run(opsctl, ['oci', 'push', image, `${registry.name}/bos:${next}`]);
        await t.host.files.remove(image);
        const session = await t.start({
          ...{ firmware: 'bios', memory: 1024 },
          disks: [
            { id: 'disk', file: await installedDisk(t), bus: 'virtio', cache: 'unsafe' },
            { id: 'runtime', file: await runtimeDisc(t), bus: 'cd', readOnly: true },
          ],
        });
        await session.login('bhojpur', { ...bootLimit, password });
        await startContainerd(session);
        const job = jobOf(`${registry.name.replace('127.0.0.1', '10.0.2.2')}/bos`);
        const [pull, run] = jobCommands(job);
        await ok(session, pull, bootLimit.timeoutMs);
        t.log(`pulled after ${session.mark('pulled')} ms`);
        session.type(`${run}\n`);
        await session.awaitText(/The next start is of 9\.0\.0/, bootLimit);
        // The job restarts the node itself.
        await session.login('bhojpur', { ...bootLimit, password });
        await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs);
        const { os, upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json'));
        assert.equal(os, next);
        assert.equal(upgrades.last?.end, 'proved', JSON.stringify(upgrades.last));
        await switchOff(session);
      } finally {
        registry.stop();
      }
    },
  },
];
