/**
 * A cluster for machines in QEMU: the API server of the tests, Debian's kubectl, a registry with the next version, and the
 * controller's part in a rollout, which a test plays step by step.
 */
import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { renderPlans } from '../../../../src/kubernetes/plan/render.ts';
import {
  defaultDeadline,
  defaultDrain,
  defaultName,
  defaultNamespace,
  defaultSelector,
} from '../../../../src/kubernetes/plan/request.ts';
import { upgradeLabel } from '../../../../src/kubernetes/values/node-labels.ts';
import type { Session } from '../../../../src/vm/session.ts';
import { startRegistry } from '../../../image/oci/debian-registry.ts';
import { accountOf, adminOf, kubeconfig, kubeletOf } from '../../../kubernetes/api-server/kubeconfigs.ts';
import { node, pod, set } from '../../../kubernetes/api-server/objects.ts';
import { ApiServer } from '../../../kubernetes/api-server/server.ts';
import type { Stored } from '../../../kubernetes/api-server/store.ts';
import { bootLimit, ok } from '../boots.ts';
import type { SystemContext } from '../machines.ts';
import { nextImage } from '../upgrades/next-image.ts';
import { pullCommand, runCommand, runtimeDisc, startContainerd } from './container-runtime.ts';
import { nodeDisk, nodeLogin } from './node-disk.ts';

/** This machine, as guests of QEMU's user network reach it. */
export const here = '10.0.2.2';
/** What the controller calls the state of a Plan that it rolls out. */
const hash = 'hash-of-the-tests';
/** A folder of the machine with what the kubelet would mount into the containers. */
const account = '/var/account';
const doneLabel = `plan.upgrade.cattle.io/${defaultName}`;

export const next = '9.0.0';

/** Of a Plan, what the controller makes a job of. */
interface PlanContainers {
  readonly prepare: { readonly args: readonly string[] };
  readonly upgrade: { readonly args: readonly string[] };
}

export interface Cluster {
  readonly api: ApiServer;
  /** Starts the machine of a node; resolves when it can run containers and has the image. */
  machine(name: string): Promise<Session>;
  /** The container that comes first, as it runs for a node on a machine: exit code and what it says. */
  prepare(on: Session, forNode: string): Promise<{ readonly exitCode: number; readonly stdout: string }>;
  /** What the controller has kubectl do then. */
  drain(name: string): Promise<void>;
  /** The last container; returns when it has said that the next start is of the next version. */
  upgrade(on: Session, how: { readonly restarts: boolean }): Promise<void>;
  /** The controller calls this node done. */
  done(name: string): void;
  stop(): void;
}

/** This machine's kubectl with the rights of an administrator. */
export async function administrator(t: SystemContext, api: ApiServer) {
  const credentials = join(t.folder, 'admin.kubeconfig');
  await t.host.files.write(credentials, kubeconfig(api, adminOf(api)), { mode: 0o600 });
  return (args: readonly string[], input = '') =>
    execa('kubectl', [`--kubeconfig=${credentials}`, ...args], { input, env: { HOME: t.folder } });
}

/** With nodes of these names, a pod on each, and the Plan applied. */
export async function startCluster(t: SystemContext, names: readonly string[]): Promise<Cluster> {
  const registry = await startRegistry();
  const api = await new ApiServer({ names: [here], podSpeed: 10 }).start();
  const image = `${registry.name.replace('127.0.0.1', here)}/bos`;
  const stop = () => {
    api.stop();
    registry.stop();
  };
  try {
    const kubectl = await administrator(t, api);
    api.add(set('ReplicaSet', 'web', names.length));
    for (const name of names) {
      api.add(node(name, { labels: { [upgradeLabel.key]: upgradeLabel.value } }));
      api.add(pod(`web-${name}`, name, { owner: { kind: 'ReplicaSet', name: 'web' }, grace: 5 }));
    }
    const plans = renderPlans(planRequest(image));
    await kubectl(['apply', '-f', '-'], plans);
    const hashed = (plan: Stored) => {
      plan.status = { latestHash: hash };
    };
    api.change('plans', defaultName, hashed, defaultNamespace);
    const archive = await nextImage(t, next);
    const opsctl = join(t.artifacts, 'opsctl-linux-amd64');
    await t.host.processes.run(opsctl, ['oci', 'push', archive, `${registry.name}/bos:${next}`]);
    await t.host.files.remove(archive);
    const runtime = await runtimeDisc(t);
    const containers = containersOf(plans);
    let containersRun = 0;
    const container = (args: readonly string[]) => {
      containersRun += 1;
      return { name: `job-${containersRun}`, image: `${image}:${next}`, args, env: {}, mounts: {} };
    };
    return {
      ...{ api, stop },
      machine: async (name) => {
        const credentials = kubeconfig(api, kubeletOf(api, name), `https://${here}:${api.port}`);
        const session = await t.start({
          ...{ firmware: 'bios', memory: 1024 },
          disks: [
            { id: 'disk', file: await nodeDisk(t, name, credentials), bus: 'virtio', cache: 'unsafe' },
            { id: 'runtime', file: runtime, bus: 'cd', readOnly: true },
          ],
        });
        await session.login('bhojpur', nodeLogin);
        await startContainerd(session);
        await ok(session, pullCommand(`${image}:${next}`), bootLimit.timeoutMs);
        await writeAccount(session, api);
        return session;
      },
      prepare: async (on, forNode) => {
        const env = {
          ...{ SYSTEM_UPGRADE_PLAN_NAME: defaultName, SYSTEM_UPGRADE_NODE_NAME: forNode },
          ...{ KUBERNETES_SERVICE_HOST: here, KUBERNETES_SERVICE_PORT: `${api.port}` },
        };
        const mounts = { '/var/run/secrets/kubernetes.io/serviceaccount': account };
        const command = runCommand({ ...container(containers.prepare.args), env, mounts });
        return on.run(`${command} 2>&1`, bootLimit);
      },
      drain: async (name) => {
        const { ignoreDaemonSets, timeout } = defaultDrain;
        const options = [`--ignore-daemonsets=${ignoreDaemonSets}`, `--timeout=${timeout}s`];
        await kubectl(['drain', name, '--delete-emptydir-data', ...options]);
      },
      upgrade: async (on, { restarts }) => {
        const args = containers.upgrade.args.filter((word) => restarts || word !== '--reboot');
        const command = runCommand(container(args));
        if (!restarts) return void (await ok(on, command, bootLimit.timeoutMs));
        // The machine restarts before the command has ended.
        on.type(`${command}\n`);
        await on.awaitText(`The next start is of ${next}`, bootLimit);
      },
      done: (name) =>
        api.change('nodes', name, ({ metadata }) => {
          metadata.labels = { ...metadata.labels, [doneLabel]: hash };
        }),
    };
  } catch (error) {
    stop();
    throw error;
  }
}

const planRequest = (image: string): Parameters<typeof renderPlans>[0] => ({
  ...{ name: defaultName, namespace: defaultNamespace, image, source: { version: next } },
  ...{ roles: [], concurrency: 1, selector: defaultSelector('new'), tolerations: [] },
  ...{ before: { drain: defaultDrain }, window: undefined, deadline: defaultDeadline, pullSecrets: [] },
  gate: { limit: 60 },
});

function containersOf(plans: string): PlanContainers {
  const plan = parseAllDocuments(plans)
    .map((document) => document.toJS() as { readonly kind: string; readonly spec: PlanContainers })
    .find(({ kind }) => kind === 'Plan');
  if (plan === undefined) throw new Error('opsctl plan prints no Plan');
  return plan.spec;
}

/** Where a pod of the Plan's account has its token. */
async function writeAccount(session: Session, api: ApiServer): Promise<void> {
  const who = accountOf(api, defaultNamespace, defaultName);
  const files = {
    'ca.crt': api.authority.cert,
    namespace: defaultNamespace,
    token: 'token' in who ? who.token : '',
  };
  await ok(session, `sudo mkdir -p ${account}`);
  for (const [name, text] of Object.entries(files))
    await ok(
      session,
      `echo ${Buffer.from(text).toString('base64')} | base64 -d | sudo tee ${account}/${name} > /dev/null`,
    );
}
