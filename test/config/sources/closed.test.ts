/** Sources that only root may read: whoever is not root is told so, and how to see all. */
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadConfig } from '../../../src/config/sources/sources.ts';
import { fakeRoot } from '../../runtime/fake-root.ts';

const denied = () => Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' });

for (const closed of [
  '/bos/system/config.yaml',
  '/var/lib/bhojpur/os/config.yaml',
  '/var/lib/bhojpur/os/config.d/10-secret',
])
  test(closed, async (t) => {
    const { host, root, write } = await fakeRoot(t);
    await write('bos/system/config.yaml', 'hostname: a\n');
    await write('var/lib/bhojpur/os/config.yaml', 'bos: {modules: [kvm]}\n');
    await write('var/lib/bhojpur/os/config.d/10-secret', 'bos: {token: x}\n');
    const read = (path: string) => (path.endsWith(closed) ? Promise.reject(denied()) : host.files.read(path));
    const { diagnostics } = await loadConfig({ ...host, files: { ...host.files, read } }, root);
    t.deepEqual(diagnostics.map(formatDiagnostic), [
      `${closed}: cannot be read (permission denied: use sudo); the other sources apply without it`,
    ]);
  });
