/**
 * Debian's containerd and runc, for machines whose system has neither: a disc with their files as they are in the
 * packages.
 */
import { join } from 'node:path';
import type { Session } from '../../../../src/vm/session.ts';
import { ok } from '../boots.ts';
import type { SystemContext } from '../machines.ts';

const packages = ['containerd', 'runc'];
const label = 'RUNTIME';
const mountedAt = '/run/runtime';
const programs = [`${mountedAt}/usr/bin`, `${mountedAt}/usr/sbin`];
const pathOf = [...programs, '/usr/sbin', '/usr/bin'].join(':');

/** Makes the disc; returns its path. */
export async function runtimeDisc(t: SystemContext): Promise<string> {
  const { files, processes } = t.host;
  const folder = join(t.folder, 'runtime');
  const [fetched, tree, disc] = [
    join(folder, 'fetched'),
    join(folder, 'tree'),
    join(t.folder, 'runtime.iso'),
  ];
  for (const made of [fetched, tree]) await files.makeDir(made);
  await processes.run('apt-get', ['download', '-q', ...packages], { cwd: fetched });
  for (const name of await files.list(fetched))
    await processes.run('dpkg-deb', ['--extract', join(fetched, name), tree]);
  await processes.run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', label, '-o', disc, tree]);
  await files.remove(folder);
  return disc;
}

/** Starts containerd on a machine that has the disc; resolves when it answers. */
export async function startContainerd(session: Session): Promise<void> {
  await ok(session, `sudo mkdir -p ${mountedAt} && sudo mount -o ro -L ${label} ${mountedAt}`, 120_000);
  const options = `--unit=containerd --property=Type=notify --property=Delegate=yes --setenv=PATH=${pathOf}`;
  await ok(session, `sudo systemd-run ${options} ${mountedAt}/usr/bin/containerd`, 300_000);
}

export interface Container {
  /** Another one each time: what a restart has cut off keeps its name. */
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Further folders of the machine, by where the container has them. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Plain HTTP: a registry on QEMU's user network. */
export const pullCommand = (image: string): string => `${ctr} images pull --plain-http ${image} > /dev/null`;

/**
 * Runs a container as the upgrade controller has the kubelet run those of its jobs: privileged, with the numbers of
 * processes and the network of the node and, at /host, its root. The image is there already.
 */
export function runCommand({ name, image, args, env, mounts }: Container): string {
  const binds = Object.entries({ '/host': '/', ...mounts }).map(
    ([at, from]) => `--mount type=bind,src=${from},dst=${at},options=rbind:rw`,
  );
  const set = Object.entries(env).map(([variable, value]) => `--env ${variable}=${value}`);
  return [
    `${ctr} run --rm --privileged --net-host --with-ns pid:/proc/1/ns/pid --with-ns ipc:/proc/1/ns/ipc`,
    ...[...binds, ...set, image, name, '/usr/bin/opsctl', ...args],
  ].join(' ');
}

const ctr = `sudo env PATH=${pathOf} ctr`;
