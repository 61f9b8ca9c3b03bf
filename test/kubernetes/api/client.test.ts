/** The client against the API server of the tests: who it is, what it reads and writes, and what it says when it cannot. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { httpWith } from '../../../src/host/linux/http/index.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host } from '../../../src/host/ports.ts';
import { accessOfPod } from '../../../src/kubernetes/api/access.ts';
import { ApiClient, type ClientOptions } from '../../../src/kubernetes/api/client.ts';
import { accessOfKubeconfig } from '../../../src/kubernetes/api/kubeconfig.ts';
import { isReady, type NodeObject, nameOf } from '../../../src/kubernetes/api/objects.ts';
import { waitFor } from '../../../src/kubernetes/api/watch.ts';
import { fakeHost } from '../../fakes/host.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { accountOf, adminOf, kubeconfig, kubeletOf, type Who } from '../api-server/kubeconfigs.ts';
import { node, pod } from '../api-server/objects.ts';
import type { ApiServer } from '../api-server/server.ts';
import { apiServer } from '../api-server/started.ts';

const real = linuxHost();
const nodes = { version: 'v1', resource: 'nodes' };
const n1 = { ...nodes, name: 'n1' };

/** Pauses take no time, and are counted. */
function waiting(): { readonly clock: Clock; readonly pauses: number[] } {
  const pauses: number[] = [];
  const clock = { ...real.clock, sleep: async (ms: number) => void pauses.push(ms) };
  return { clock, pauses };
}

async function clientOf(t: ExecutionContext, server: ApiServer, who: Who, options: ClientOptions = {}) {
  const { clock, pauses } = waiting();
  const path = join(temporaryFolder(t), 'kubeconfig');
  await real.files.write(path, kubeconfig(server, who));
  const access = await accessOfKubeconfig(real.files, path);
  const client = new ApiClient({ http: httpWith(undefined, clock), clock }, access, options);
  return { client, pauses, clock };
}

const faultOf = async (t: ExecutionContext, work: Promise<unknown>): Promise<OpsError> =>
  (await t.throwsAsync(work, { instanceOf: OpsError })) as OpsError;

test('a kubelet reads and changes its own node by its certificate, and no other', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'), node('n2'));
  const { client } = await clientOf(t, server, kubeletOf(server, 'n1'));
  t.is(nameOf(await client.get(n1)), 'n1');
  await client.patch(n1, { metadata: { labels: { 'bhojpur.net/mode': 'disk' } } });
  t.is(server.find('nodes', 'n1')?.metadata.labels?.['bhojpur.net/mode'], 'disk');
  const other = await faultOf(t, client.patch({ ...nodes, name: 'n2' }, { metadata: {} }));
  t.like(other, {
    code: 'api-forbidden',
    kind: 'refused',
    message: 'Cannot patch nodes/n2: the API server does not allow it',
  });
  t.true(other.details.some((line) => line.includes('User "system:node:n1" cannot patch resource "nodes"')));
  const reserved = client.patch(n1, { metadata: { labels: { 'node-role.kubernetes.io/etcd': '' } } });
  t.true(
    (await faultOf(t, reserved)).details.some((line) => line.includes('is not allowed to modify labels')),
  );
  t.deepEqual(new Set(server.log.map(({ user }) => user)), new Set(['system:node:n1']));
});

test('an account reads by its token, which is read again when it has changed', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'));
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const token = server.token('system:serviceaccount:a:b', ['system:masters']);
  const fake = fakeHost({
    files: {
      [`${folder}/token`]: 'old\n',
      [`${folder}/ca.crt`]: server.authority.cert,
      [`${folder}/namespace`]: 'a',
    },
  });
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` };
  const host: Host = { ...fake, http: real.http, system: { ...fake.system, env } };
  const client = new ApiClient(host, await accessOfPod(host));
  t.is(client.namespace, 'a');
  t.is((await faultOf(t, client.get(n1))).code, 'api-unauthorized');
  await fake.files.write(`${folder}/token`, `${token}\n`);
  t.is(nameOf(await client.get(n1)), 'n1');
  t.is((await faultOf(t, accessOfPod(fakeHost()))).code, 'no-service-account');
});

test('rights are those of the ClusterRoles that are bound', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'));
  const rbac = 'rbac.authorization.k8s.io/v1';
  server.add(
    {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: 'r' } as never,
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
    },
    {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'r' } as never,
      roleRef: { name: 'r' },
      subjects: [{ kind: 'ServiceAccount', name: 'b', namespace: 'a' }],
    },
  );
  const { client } = await clientOf(t, server, accountOf(server, 'a', 'b'));
  t.is(nameOf(await client.get(n1)), 'n1');
  t.is((await faultOf(t, client.list(nodes))).message, 'Cannot list nodes: the API server does not allow it');
});

test('a list of many pages comes whole, also when it expires in between', async (t) => {
  const server = await apiServer(t);
  server.add(...Array.from({ length: 600 }, (_, index) => node(`n${index}`)));
  const { client, pauses } = await clientOf(t, server, adminOf(server));
  const { items } = await client.list(nodes);
  t.is(new Set(items.map(nameOf)).size, 600);
  t.is(server.log.length, 3);
  server.behave({ refuse: { request: /continue=/, status: 410, times: 1 } });
  t.is((await client.list(nodes)).items.length, 600);
  t.deepEqual(pauses, [1000]);
});

test('list selects by labels and fields', async (t) => {
  const server = await apiServer(t);
  server.add(
    node('n1'),
    pod('a', 'n1', { labels: { app: 'x' } }),
    pod('b', 'n1'),
    pod('c', 'n2', { labels: { app: 'x' } }),
  );
  const { client } = await clientOf(t, server, adminOf(server));
  const found = await client.list(
    { version: 'v1', resource: 'pods' },
    { labelSelector: 'app=x', fieldSelector: 'spec.nodeName=n1' },
  );
  t.deepEqual(found.items.map(nameOf), ['a']);
});

test('busy: asked again after the time that the server names, then given up', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'));
  const { client, pauses } = await clientOf(t, server, adminOf(server));
  server.behave({ refuse: { request: /nodes/, status: 429, retryAfter: 7, times: 1 } });
  t.is(nameOf(await client.get(n1)), 'n1');
  t.deepEqual(pauses, [7000]);
  server.behave({ refuse: { request: /nodes/, status: 500, times: 9 } });
  const error = await faultOf(t, client.get(n1));
  t.like(error, {
    code: 'api-busy',
    message:
      'Cannot get nodes/n1: the API server is busy or fails (HTTP status 500); gave up after 4 attempts',
  });
});

test('down and slow are said as such', async (t) => {
  const server = await apiServer(t);
  const { client } = await clientOf(t, server, adminOf(server), { tries: 2 });
  server.behave({ down: true });
  const down = await faultOf(t, client.get(n1));
  t.is(down.code, 'url-unreachable');
  t.regex(down.message, /^Cannot get nodes\/n1: the API server is not reached: .* gave up after 2 attempts$/);
  const hurried = await clientOf(t, server, adminOf(server), { tries: 2, timeoutMs: 200 });
  server.behave({ slowMs: 1000 });
  const slow = await faultOf(t, hurried.client.get(n1));
  t.is(slow.code, 'api-timeout');
  t.regex(slow.message, /too slow: .*did not answer within 0.2 s; gave up after 2 attempts$/);
});

const statuses = [
  [401, 'api-unauthorized'],
  [404, 'api-not-found'],
  [409, 'api-conflict'],
  [410, 'api-expired'],
  [422, 'api-refused'],
] as const;
for (const [status, code] of statuses)
  test(`${status} is ${code}, said at once and with the words of the server`, async (t) => {
    const server = await apiServer(t);
    const { client, pauses } = await clientOf(t, server, adminOf(server));
    server.behave({ refuse: { request: /nodes/, status, times: 9 } });
    const error = await faultOf(t, client.get(n1));
    t.like(error, { code, kind: 'refused' });
    t.true(error.details[0]?.startsWith('the API server says: the test refuses GET'));
    t.deepEqual(pauses, []);
  });

test('an object is made once', async (t) => {
  const server = await apiServer(t);
  const { client } = await clientOf(t, server, adminOf(server));
  const maps = { version: 'v1', resource: 'configmaps', namespace: 'default' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: 'b' } };
  await client.create(maps, object);
  t.is((await faultOf(t, client.create(maps, object))).code, 'api-conflict');
});

/** Until n1 is ready. */
const untilReady = (all: readonly NodeObject[]) => all.some(isReady) || undefined;

test('a watch sees the change it waits for', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1', { ready: false }));
  const { client, clock } = await clientOf(t, server, adminOf(server));
  let looks = 0;
  const waited = waitFor(client, clock, nodes, {
    until: clock.monotonic() + 60_000,
    judge: (all: readonly NodeObject[]) => {
      looks += 1;
      // The change comes when the watch has begun or before: it is seen in both cases.
      if (looks === 1)
        server.change('nodes', 'n1', ({ status }) => {
          status.conditions[0].status = 'True';
        });
      return untilReady(all);
    },
  });
  t.true(await waited);
  t.is(looks, 2);
  t.true(server.log.some(({ path }) => path.includes('watch=true')));
});

test('a watch that has expired begins with a new list; one that always has is given up', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1', { ready: false }));
  const { client, clock, pauses } = await clientOf(t, server, adminOf(server));
  server.behave({ watchGone: true });
  let looks = 0;
  const found = await waitFor(client, clock, nodes, {
    until: clock.monotonic() + 60_000,
    judge: (all: readonly NodeObject[]) => {
      looks += 1;
      if (looks === 2)
        server.change('nodes', 'n1', ({ status }) => {
          status.conditions[0].status = 'True';
        });
      return untilReady(all);
    },
  });
  t.true(found);
  t.deepEqual(pauses, [1000, 2000]);
  const error = await faultOf(
    t,
    waitFor(client, clock, nodes, { until: clock.monotonic() + 60_000, judge: () => undefined }),
  );
  t.is(error.code, 'api-expired');
  t.regex(error.message, /gave up after 5 attempts$/);
});

test('a watch ends with its time', async (t) => {
  const server = await apiServer(t);
  const { client, clock } = await clientOf(t, server, adminOf(server));
  t.is(
    await waitFor(client, clock, nodes, { until: clock.monotonic() + 500, judge: () => undefined }),
    undefined,
  );
});
