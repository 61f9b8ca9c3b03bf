import { join } from 'node:path';
import test from 'ava';
import { formatDiagnostic } from '../../src/config/diagnostics.ts';
import { loadConfig } from '../../src/config/sources.ts';
import { linuxHost } from '../../src/host/linux/index.ts';

const host = linuxHost();

/** A root folder with these files, gone after the test. */
const withFiles = test.macro(
  async (t, files: Readonly<Record<string, string>>, expected: unknown, faults: readonly string[]) => {
    const root = await host.files.makeTempDir('bos-sources-');
    t.teardown(() => host.files.remove(root));
    for (const [path, text] of Object.entries(files)) {
      await host.files.makeDir(join(root, path, '..'));
      await host.files.write(join(root, path), text);
    }
    const { config, diagnostics } = await loadConfig(host, root);
    t.deepEqual(config, expected as typeof config);
    t.deepEqual(diagnostics.map(formatDiagnostic), [...faults]);
  },
);

test(
  'in this order: system, command line, local, config.d by name',
  withFiles,
  {
    'bos/system/config.yaml': 'hostname: system\nbos: {token: system, password: system, labels: {a: 1}}',
    'proc/cmdline': 'quiet hostname=line bos.password=line bos.token=line bos.modules=kvm\n',
    'var/lib/bhojpur/os/config.yaml': 'hostname: local\nbos: {token: local}',
    'var/lib/bhojpur/os/config.d/20-b': 'hostname: last',
    'var/lib/bhojpur/os/config.d/10-a.yaml': 'hostname: first\nbos: {token: first}',
    'var/lib/bhojpur/os/config.d/.swp': '[',
  },
  {
    hostname: 'last',
    'bos.token': 'first',
    'bos.password': 'line',
    'bos.labels': { a: '1' },
    'bos.modules': ['kvm'],
  },
  [],
);

test(
  'before the state is mounted its local files are read where they are',
  withFiles,
  { 'proc/cmdline': '', 'run/bos/state/bos/data/var/lib/bhojpur/os/config.yaml': 'hostname: state' },
  { hostname: 'state' },
  [],
);

test(
  'what cannot be read is reported and the rest applies',
  withFiles,
  {
    'bos/system/config.yaml': 'hostname: [',
    'var/lib/bhojpur/os/config.yaml/a-folder': '',
    'var/lib/bhojpur/os/config.d/a': 'hostname: a',
  },
  { hostname: 'a' },
  [
    '/bos/system/config.yaml:1:12: Flow sequence in block collection must be sufficiently indented and end with a ]',
    '/proc/cmdline: cannot be read (ENOENT); the other sources apply without it',
    '/var/lib/bhojpur/os/config.yaml: cannot be read (EISDIR); the other sources apply without it',
  ],
);
