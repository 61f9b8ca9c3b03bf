/**
 * The API server of the tests as a program, for machines that reach it over a network:
 *
 *   serve.ts --folder FOLDER [--listen HOST:PORT] [--url URL] [--node NAME]… [--objects FILE] [--pod-speed FACTOR]
 *
 * FOLDER gets `admin.kubeconfig` and, for each node, `NAME.kubeconfig` of its kubelet, which name URL as the server. FILE has
 * objects as YAML documents. When it listens it says so in one line. `kubectl get --raw /tests/log` is the log of requests.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { adminOf, kubeconfig, kubeletOf } from './kubeconfigs.ts';
import { ApiServer } from './server.ts';

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:6443' },
    folder: { type: 'string' },
    url: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    objects: { type: 'string' },
    'pod-speed': { type: 'string', default: '1' },
  },
});
const { folder } = values;
if (folder === undefined) throw new Error('--folder is missing');
const [, listen = '', port = ''] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
const names = values.url === undefined ? [] : [new URL(values.url).hostname.replace(/^\[|\]$/g, '')];
const server = await new ApiServer({
  ...{ listen, port: Number(port), names, podSpeed: Number(values['pod-speed']) },
}).start();
const url = values.url ?? server.url;
mkdirSync(folder, { recursive: true });
const write = (name: string, who: Parameters<typeof kubeconfig>[1]) =>
  writeFileSync(join(folder, `${name}.kubeconfig`), kubeconfig(server, who, url), { mode: 0o600 });
write('admin', adminOf(server));
for (const name of values.node) write(name, kubeletOf(server, name));
if (values.objects !== undefined)
  for (const document of parseAllDocuments(readFileSync(values.objects, 'utf8'))) server.add(document.toJS());
process.stdout.write(`the API server of the tests listens at ${url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
