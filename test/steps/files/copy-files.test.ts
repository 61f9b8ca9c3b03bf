/** What copies look like to others, and how far a copy is: DCP is a program, everything else is for reading. */
import test from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import type { CopyFiles } from '../../../src/steps/files/copy-files.ts';
import { handlers } from '../../../src/steps/index.ts';
import { contextOf } from '../context.ts';
import { machine, stateMount } from '../machine.ts';

const MiB = 2 ** 20;
/** More than two pieces of memory, and not a whole number of them. */
const large = Buffer.alloc(5 * MiB + 7, 'a pattern of eleven');
const contents: Readonly<Record<string, Buffer>> = {
  'bos/system/dcp/1.0/dcp': Buffer.from('a program'),
  'bos/system/dcp/1.0/licence': Buffer.from('a text'),
  'bos/system/dcp/1.0/x/dcp': Buffer.from('a text'),
  'bos/system/manifest.json': Buffer.from(''),
  'bos/system/os/1/rootfs.squashfs': large,
};
const files = Object.entries(contents).map(([path, bytes]) => ({
  ...{ path, size: bytes.length, sha256: sha256Of(bytes) },
}));
const step: CopyFiles = {
  ...{ id: 'copy', kind: 'copy-files', from: '/medium', to: stateMount, files },
};

function ready() {
  const medium = Object.entries(contents).map(([path, bytes]) => [`/medium/${path}`, bytes] as const);
  const { host, names } = machine({ files: Object.fromEntries(medium) });
  return { host, context: contextOf(host, names) };
}

test('files are copied whole, and only DCP may be started', async (t) => {
  const { host, context } = ready();
  await handlers['copy-files'].run(step, context);
  for (const [path, bytes] of Object.entries(contents)) {
    t.true(bytes.equals(await host.files.read(`/run/bos/target/${path}`)), path);
    const { mode } = (await host.files.stat(`/run/bos/target/${path}`)) ?? {};
    t.is(mode, path === 'bos/system/dcp/1.0/dcp' ? 0o755 : 0o644, path);
  }
});

test('it is told how many bytes are done, of all files together', async (t) => {
  const { context } = ready();
  await handlers['copy-files'].run(step, context);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  t.true(context.told.every((event) => event.total === total && event.unit === 'bytes'));
  t.deepEqual(
    context.told.map(({ done }) => done),
    [9, 15, 21, 21 + 2 * MiB, 21 + 4 * MiB, total, total],
  );
});

test('a file that is not there, shorter or a folder is seen before anything runs', async (t) => {
  const { host, context } = ready();
  await t.notThrowsAsync(async () => handlers['copy-files'].preflight?.(step, context));
  const { stat } = host.files;
  const lied = async (
    change: (found: Awaited<ReturnType<typeof stat>>) => Awaited<ReturnType<typeof stat>>,
  ) => {
    const other = {
      ...host,
      files: { ...host.files, stat: async (path: string) => change(await stat(path)) },
    };
    await t.throwsAsync(async () => handlers['copy-files'].preflight?.(step, { ...context, host: other }), {
      code: 'medium-damaged',
      message: 'The medium is damaged: bos/system/dcp/1.0/dcp is missing or cut short',
    });
  };
  await lied(() => undefined);
  await lied((found) => found && { ...found, size: found.size - 1 });
  await lied((found) => found && { ...found, type: 'directory' });
});
