/** The real kubectl against the API server of the tests: if it drains and applies here, the server is near enough. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { linuxHost } from '../../src/host/linux/index.ts';
import { renderPlans } from '../../src/kubernetes/plan/render.ts';
import { temporaryFolder } from '../formats/support.ts';
import { kubeletOf } from './api-server/kubeconfigs.ts';
import { budget, node, pod, set } from './api-server/objects.ts';
import { endsAfter } from './api-server/pods.ts';
import { apiServer, kubectlFor } from './api-server/started.ts';
import { request } from './plan-request.ts';

const drain = ['drain', 'n1', '--ignore-daemonsets', '--force', '--timeout=60s'];
const web = { kind: 'ReplicaSet', name: 'web' } as const;

test('kubectl drains a node: the right pods are evicted, and the node is cordoned', async (t) => {
  const server = await apiServer(t, { podSpeed: 100 });
  server.add(node('n1'), node('n2'), set('ReplicaSet', 'web', 2), set('DaemonSet', 'proxy'));
  server.add(
    pod('web-1', 'n1', { labels: { app: 'web' }, owner: web }),
    pod('web-2', 'n2', { labels: { app: 'web' }, owner: web }),
    pod('proxy-1', 'n1', { owner: { kind: 'DaemonSet', name: 'proxy' } }),
    pod('alone', 'n1', { namespace: 'other', grace: 5 }),
  );
  server.add(budget('web', 'web', { maxUnavailable: 1 }));
  const kubectl = kubectlFor(t, server);
  const { exitCode, stderr } = await kubectl(drain);
  t.is(exitCode, 0, stderr);
  t.true(server.find('nodes', 'n1')?.spec.unschedulable);
  t.deepEqual(
    server.log
      .filter(({ path }) => path.includes('/eviction'))
      .map(({ path }) => path.split('?')[0])
      .toSorted(),
    ['/api/v1/namespaces/default/pods/web-1/eviction', '/api/v1/namespaces/other/pods/alone/eviction'],
  );
  t.deepEqual(
    ['web-1', 'web-2', 'proxy-1'].filter((name) => server.find('pods', name, 'default') !== undefined),
    ['web-2', 'proxy-1'],
  );
  t.is(server.find('pods', 'alone', 'other'), undefined);
  t.is((await kubectl(['uncordon', 'n1'])).exitCode, 0);
  t.is(server.find('nodes', 'n1')?.spec.unschedulable, undefined);
});

test('an agent drains itself as its kubelet, with the rights that the image has for it', async (t) => {
  const server = await apiServer(t, { podSpeed: 100 });
  server.add(node('n1'), set('ReplicaSet', 'web', 1), set('DaemonSet', 'proxy'));
  server.add(
    pod('web-1', 'n1', { owner: web }),
    pod('proxy-1', 'n1', { owner: { kind: 'DaemonSet', name: 'proxy' } }),
  );
  const agent = kubectlFor(t, server, kubeletOf(server, 'n1'));
  const without = await agent(drain.filter((word) => word !== '--force'));
  t.not(without.exitCode, 0);
  t.regex(without.stderr, /cannot get resource "daemonsets"/);
  const folder = 'os/overlay/usr/share/bhojpur/dcp/server/manifests/node-patches';
  const rights = readFileSync(join(import.meta.dirname, '../..', folder, 'bos-patch.yaml.example'), 'utf8');
  t.is((await kubectlFor(t, server)(['apply', '-f', '-'], rights)).exitCode, 0);
  const { exitCode, stderr } = await agent(drain.filter((word) => word !== '--force'));
  t.is(exitCode, 0, stderr);
  t.is(server.find('pods', 'web-1', 'default'), undefined);
  t.not(server.find('pods', 'proxy-1', 'default'), undefined);
});

test('a budget that allows nobody: nothing is evicted, and kubectl says why', async (t) => {
  const server = await apiServer(t, { podSpeed: 100 });
  server.add(node('n1'), set('ReplicaSet', 'web', 1));
  server.add(
    pod('web-1', 'n1', { labels: { app: 'web' }, owner: web }),
    budget('web', 'web', { minAvailable: 1 }),
  );
  const { exitCode, stderr } = await kubectlFor(t, server)([...drain.slice(0, -1), '--timeout=2s']);
  t.not(exitCode, 0);
  t.regex(stderr, /violate the pod's disruption budget/);
  t.not(server.find('pods', 'web-1', 'default'), undefined);
});

test('a pod that never ends: kubectl gives up after its time', async (t) => {
  const server = await apiServer(t, { podSpeed: 100 });
  server.add(node('n1'), pod('stuck', 'n1', { annotations: { [endsAfter]: 'never' } }));
  const { exitCode, stderr } = await kubectlFor(t, server)([...drain.slice(0, -1), '--timeout=2s']);
  t.not(exitCode, 0);
  t.regex(stderr, /timed? ?out|timeout|deadline/i);
  t.is(typeof server.find('pods', 'stuck', 'default')?.metadata.deletionTimestamp, 'string');
});

test('kubectl lists nodes, and applies what opsctl plan prints; a Plan that is not one is refused', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'));
  const kubectl = kubectlFor(t, server);
  t.regex((await kubectl(['get', 'nodes'])).stdout, /^n1 /m);
  const text = renderPlans(request);
  for (const said of ['created', 'unchanged']) {
    const { exitCode, stdout, stderr } = await kubectl(['apply', '-f', '-'], text);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, new RegExp(`plan.upgrade.cattle.io/bos-upgrade ${said}`));
  }
  t.regex((await kubectl(['get', 'plans', '-A'])).stdout, /bos-upgrade/);
  const wrong = text
    .replace('concurrency: 1', 'concurrency: often')
    .replace('name: bos-upgrade', 'name: other');
  const refused = await kubectl(['apply', '-f', '-'], wrong);
  t.not(refused.exitCode, 0);
  t.regex(refused.stderr, /spec.concurrency: expected a whole number/);
});

test('as a program it is reached by what it writes', async (t) => {
  const folder = temporaryFolder(t);
  const objects = join(folder, 'objects.yaml');
  writeFileSync(objects, 'apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n');
  const port = await linuxHost().sockets.freePort();
  const program = join(import.meta.dirname, 'api-server/serve.ts');
  const args = ['--folder', folder, '--listen', `127.0.0.1:${port}`, '--url', `https://localhost:${port}`];
  const serving = execa(process.execPath, [program, ...args, '--node', 'n1', '--objects', objects]);
  t.teardown(() => serving.kill());
  const [line] = await once(serving.stdout, 'data');
  t.regex(String(line), /listens at/);
  serving.catch(() => {});
  t.true(readFileSync(join(folder, 'admin.kubeconfig'), 'utf8').includes('localhost'));
  const get = ['get', 'node', 'n1', '-o', 'name'];
  const { stdout } = await execa('kubectl', [`--kubeconfig=${join(folder, 'n1.kubeconfig')}`, ...get], {
    env: { HOME: folder },
  });
  t.is(stdout, 'node/n1');
});
