/** The end of a shutdown opens the drive that was named, and nothing else. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';

const hook = fileURLToPath(
  new URL('../../os/overlay/usr/lib/systemd/system-shutdown/bos-eject', import.meta.url),
);

/** What it did on a root with that file, where cdrom_id ends with `code`. */
function run(t: ExecutionContext, named: string | undefined, code = 0) {
  const root = temporaryFolder(t);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('dev/console', '');
  put('called', '');
  put('usr/lib/udev/cdrom_id', `#!/bin/sh\necho "$*" >> ${root}/called\nexit ${code}\n`);
  chmodSync(join(root, 'usr/lib/udev/cdrom_id'), 0o755);
  if (named !== undefined) put('run/bos/eject', named);
  const { status } = spawnSync(hook, ['reboot'], { env: { ...process.env, BOS_ROOT: root } });
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  return { status, called: read('called'), console: read('dev/console') };
}

test('the named drive is opened, and the console says so', (t) => {
  t.deepEqual(run(t, '/dev/sr0\n'), {
    status: 0,
    called: '--eject-media /dev/sr0\n',
    console: 'bos: ejected /dev/sr0: remove the medium\n',
  });
});

test('a drive that does not open is no failure', (t) => {
  const { status, console } = run(t, '/dev/sr0\n', 1);
  t.is(status, 0);
  t.is(console, 'bos: /dev/sr0 does not eject its medium; it may stay\n');
});

test('nothing is opened when no drive is named', (t) => {
  for (const named of [undefined, '', '/dev/sda\n', '/dev/../sr0\n'])
    t.deepEqual(run(t, named), { status: 0, called: '', console: '' }, named);
});
