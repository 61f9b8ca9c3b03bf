/** What a system that keeps nothing gets into /var and /home, by the initrd's own function in busybox. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

test('what /var begins with is there, but no folder that makes journald keep its journal', (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, 'newroot');
  const template = join(root, 'usr/lib/bhojpur/var-template');
  for (const path of ['log/journal', 'log/nginx', 'lib/bhojpur']) {
    mkdirSync(join(template, path), { recursive: true });
    writeFileSync(join(template, path, 'file'), 'x');
  }
  for (const path of ['etc/skel', 'var', 'home']) mkdirSync(join(root, path), { recursive: true });
  const script = `${initrdFunctions(folder, ['messages', 'mount-root'])}chown() { :; }\nin_memory`;
  execFileSync('busybox', ['sh', '-c', script], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  t.deepEqual(readdirSync(join(root, 'var/log')), ['nginx']);
  t.true(existsSync(join(root, 'var/lib/bhojpur/file')));
  t.true(existsSync(join(root, 'home/bhojpur')));
  t.true(existsSync(join(template, 'log/journal/file')), 'an installed system is still filled with it');
});
