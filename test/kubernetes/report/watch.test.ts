/** What waits for an annotation: curl and a shell, against the API server of the tests, as the node's own kubelet. */
import { existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { accessOfKubeconfig } from '../../../src/kubernetes/api/kubeconfig.ts';
import { watchConfig, watchFolder, writeWatchFiles } from '../../../src/kubernetes/report/watch-files.ts';
import { patchAnnotation } from '../../../src/patch/request.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { kubeconfig, kubeletOf } from '../api-server/kubeconfigs.ts';
import { node } from '../api-server/objects.ts';
import type { ApiServer } from '../api-server/server.ts';
import { apiServer } from '../api-server/started.ts';

const { files } = linuxHost();
const unit = (name: string) => files.readText(`os/overlay/usr/lib/systemd/system/${name}`);

async function folderOf(t: ExecutionContext, server: ApiServer): Promise<string> {
  const root = temporaryFolder(t);
  const path = join(root, 'kubelet.kubeconfig');
  writeFileSync(path, kubeconfig(server, kubeletOf(server, 'n1')));
  await writeWatchFiles(files, root, { access: await accessOfKubeconfig(files, path), node: 'n1' });
  return root;
}

/** Starts it with a systemctl that notes what it is asked. */
async function watching(t: ExecutionContext, server: ApiServer) {
  const root = await folderOf(t, server);
  const noted = join(root, 'noted');
  const systemctl = '#!/bin/sh\n[ "$1" = is-active ] && echo inactive || echo "$*" >> "$BOS_ROOT/noted"\n';
  writeFileSync(noted, '');
  writeFileSync(join(root, 'systemctl'), systemctl, { mode: 0o755 });
  const env = { BOS_ROOT: root, PATH: `${root}:${process.env.PATH}` };
  const script = 'os/overlay/usr/lib/bhojpur/watch-node';
  const running = execa('sh', [script], {
    env,
    reject: false,
    detached: true,
    stdin: 'ignore',
  });
  t.teardown(() => process.kill(-(running.pid ?? 0), 'SIGKILL'));
  const count = () => readFileSync(noted, 'utf8').split('\n').length - 1;
  /** Resolves when systemctl was asked so often. */
  const asked = async (times: number) => {
    if (count() >= times) return;
    for await (const _ of watchedBy(noted)) if (count() >= times) return;
  };
  return { root, asked, count, noted: () => readFileSync(noted, 'utf8') };
}

async function* watchedBy(path: string) {
  const changes: (() => void)[] = [];
  const watcher = watch(path, () => changes.shift()?.());
  try {
    for (;;) {
      yield;
      await new Promise<void>((resolve) => changes.push(resolve));
    }
  } finally {
    watcher.close();
  }
}

const annotate = (server: ApiServer, value: string | undefined) =>
  server.change('nodes', 'n1', ({ metadata }) => {
    const { [patchAnnotation]: _, ...others } = metadata.annotations ?? {};
    metadata.annotations = value === undefined ? others : { ...others, [patchAnnotation]: value };
  });

test('an annotation starts the report at once, and its end does; other changes do not', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1'), node('n2'));
  const { asked, count, noted } = await watching(t, server);
  server.change('nodes', 'n1', ({ metadata }) => {
    metadata.labels = { ...metadata.labels, other: 'change' };
  });
  annotate(server, 'now');
  await asked(1);
  server.change('nodes', 'n1', ({ metadata }) => {
    metadata.labels = { ...metadata.labels, other: 'again' };
  });
  annotate(server, undefined);
  await asked(2);
  annotate(server, '2026-12-01T03:30:00Z');
  await asked(3);
  t.is(count(), 3);
  t.is(noted(), 'start bos-report.service\n'.repeat(3));
});

test('what is asked for while nobody watched is seen', async (t) => {
  const server = await apiServer(t);
  server.add(node('n1', { annotations: { [patchAnnotation]: 'now' } }));
  const { asked, root } = await watching(t, server);
  await asked(1);
  t.is(readFileSync(join(root, watchFolder, 'asked'), 'utf8'), 'now\n');
});

test('the credentials are for root alone; the configuration comes last', async (t) => {
  const server = await apiServer(t);
  const root = await folderOf(t, server);
  const modes = ['', 'cert.pem', 'key.pem', 'ca.pem', 'curl.conf'].map(
    (name) => statSync(join(root, watchFolder, name)).mode & 0o777,
  );
  t.deepEqual(modes, [0o700, 0o600, 0o600, 0o600, 0o600]);
  const order: string[] = [];
  const noting = {
    makeDir: async () => {},
    writeAtomic: async (path: string) => void order.push(path),
  };
  const access = await accessOfKubeconfig(files, join(root, 'kubelet.kubeconfig'));
  await writeWatchFiles(noting, '/', { access, node: 'n1' });
  t.is(order.at(-1), watchConfig);
});

test('its unit waits for that configuration, and cannot fail', async (t) => {
  t.true((await unit('bos-watch.path')).includes(`PathExists=${watchConfig}\n`));
  const [, program = ''] = /^ExecStart=-(.*)$/m.exec(await unit('bos-watch.service')) ?? [];
  t.true(existsSync(`os/overlay${program}`));
});
