/** The state file system of an image, written as a whole: what a tool for ext4 sees in it. */
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { handlerOf } from '../../../src/plan/plan.ts';
import { handlers } from '../../../src/steps/index.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { iso, writeState } from '../cases/image.ts';
import { contextOf } from '../context.ts';

const host = linuxHost();

test('folders and files have the modes that they are to have', async (t) => {
  const folder = temporaryFolder(t);
  const [image, disk, config] = ['bos.iso', 'disk', 'config.yaml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await host.files.write(image, iso);
  await host.files.write(config, 'hostname: one\n');
  await host.files.write(disk, '');
  await host.files.resize(disk, 40 * 2 ** 20);
  const step: typeof writeState = {
    ...writeState,
    image: { from: 'file', path: image, size: iso.length },
    folders: [
      ...writeState.folders,
      { path: 'bos/data', mode: 0o711 },
      ...['bos/system/dcp', 'bos/system/dcp/1'].map((path) => ({ path, mode: 0o755 })),
    ],
    files: writeState.files.flatMap((file) => [file, { ...file, path: 'bos/system/dcp/1/dcp' }]),
    written: writeState.written.map((one) =>
      one.content.from === 'file' ? { ...one, content: { ...one.content, path: config } } : one,
    ),
  };
  const context = contextOf(host, { 'part:image': disk });
  const handler = handlerOf(handlers, step);
  await handler.run(step, context);
  await handler.verify?.(step, context);
  const modes = {
    bos: '0755',
    'bos/data': '0711',
    'bos/system/config.yaml': '0600',
    'bos/system/menu': '0644',
    'bos/system/vmlinuz': '0644',
    // It alone is started from where it lies.
    'bos/system/dcp/1/dcp': '0755',
  };
  for (const [path, mode] of Object.entries(modes))
    t.regex(tool('debugfs', '-R', `stat /${path}`, disk), new RegExp(`Mode: +${mode}`), path);
});
