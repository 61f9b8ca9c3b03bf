/**
 * Between the initrd and the boot phase: BOS_STATE becomes writable, and its data folders become /home, /var and
 * /opt. What a first boot finds empty is filled first, each folder under another name and then renamed, so that
 * a power cut leaves it empty or whole.
 */
import { join } from 'node:path';
import { statePath } from '../../boot/installed-environment.ts';
import type { Host } from '../../host/ports.ts';
import { findUser, userName } from '../appliers/accounts.ts';
import { mountPoints } from './mount-points.ts';
import { keepPackageStatus } from './package-status.ts';

/** Where the initrd mounts the file system that holds /var alone, when the installation has one. */
export const varPath = '/run/bos/var';
export const varTemplate = '/usr/lib/bhojpur/var-template';
const dataFolders = ['home', 'var', 'opt'] as const;

/** Mounts the state's folders; does nothing when /var is a mount already. */
export async function mountState(host: Host, root: string): Promise<void> {
  const mounted = await mountPoints(host, root);
  if (mounted.has('/var')) return;
  const { files, processes } = host;
  const ownVar = mounted.has(varPath);
  const onState = join(root, statePath, 'bos/data');
  const data = { home: onState, opt: onState, var: ownVar ? join(root, varPath, 'bos/data') : onState };
  for (const path of [statePath, ...(ownVar ? [varPath] : [])])
    await processes.run('mount', ['-o', 'remount,rw', join(root, path)]);
  for (const name of dataFolders) await files.makeDir(join(data[name], name), 0o755);
  if (await seed(host, join(data.var, 'var'), join(root, varTemplate)))
    await processes.run('sync', ['-f', data.var]);
  await keepPackageStatus(host, root, join(data.var, 'var'));
  // What /usr/local points to.
  await files.makeDir(join(data.var, 'var/local'), 0o755);
  await makeHome(host, root, join(data.home, 'home', userName));
  for (const name of dataFolders) {
    await files.makeDir(join(root, name), 0o755);
    await processes.run('mount', ['--bind', join(data[name], name), join(root, name)]);
  }
}

/** Copies `template` to `folder` when that is empty; says whether it did. */
async function seed(host: Host, folder: string, template: string): Promise<boolean> {
  const { files, processes } = host;
  if ((await files.list(folder)).length > 0 || !(await files.exists(template))) return false;
  const unfinished = `${folder}.new`;
  await files.remove(unfinished);
  await processes.run('cp', ['-a', template, unfinished]);
  // The copy must be on the disk before its name is.
  await processes.run('sync', ['-f', unfinished]);
  await files.rename(unfinished, folder);
  return true;
}

async function makeHome(host: Host, root: string, home: string): Promise<void> {
  const { files, processes } = host;
  if (await files.exists(home)) return;
  const user = await findUser(host, root, userName);
  const unfinished = join(home, '..', `.${userName}.new`);
  await files.remove(unfinished);
  const skeleton = join(root, 'etc/skel');
  if (await files.exists(skeleton)) await processes.run('cp', ['-a', skeleton, unfinished]);
  else await files.makeDir(unfinished);
  await files.chmod(unfinished, 0o750);
  await processes.run('chown', ['-R', `${user.uid}:${user.gid}`, unfinished]);
  await files.rename(unfinished, home);
}
